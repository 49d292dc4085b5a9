// The server's connection to Temporal: made when a tool first needs it, so that the server starts without one, and made
// anew after it was lost. A connection that others still use is closed when they are done.

import pTimeout from 'p-timeout';
import type { Coppice } from '../api.ts';
import type { Env } from '../../domain/environment.ts';
import { errorText } from '../../domain/errors.ts';
import { failure, failureType } from '../../contracts/failures.ts';

/** Clients wait for 60 s by default. */
const patienceMs = 50_000;

interface Open {
  readonly coppice: Coppice;
  users: number;
  isLost: boolean;
}

export class Connection {
  private readonly env: Env;
  private current: Promise<Open> | null = null;

  constructor(env: Env) {
    this.env = env;
  }

  /** Throws `TemporalUnreachable`. */
  async use<Result>(
    use: (coppice: Coppice) => Promise<Result>,
    { patient = false }: { patient?: boolean } = {},
  ): Promise<Result> {
    const open = await this.open();
    open.users += 1;
    try {
      const used = use(open.coppice);
      return await (patient ? used : pTimeout(used, { milliseconds: patienceMs, message: tooLate() }));
    } catch (error) {
      throw await this.explained(error, open);
    } finally {
      open.users -= 1;
      if (open.isLost && open.users === 0) await open.coppice.close();
    }
  }

  async close(): Promise<void> {
    const open = await this.current?.catch(() => null);
    this.current = null;
    await open?.coppice.close();
  }

  private open(): Promise<Open> {
    this.current ??= this.connect();
    return this.current;
  }

  private async connect(): Promise<Open> {
    try {
      // Only here: Temporal's client is most of what a start costs, and a server that is asked nothing needs none.
      const { Coppice } = await import('../api.ts');
      return { coppice: await Coppice.connect({ env: this.env }), users: 0, isLost: false };
    } catch (error) {
      this.current = null;
      throw error;
    }
  }

  /** After silence, the next call connects anew: the server may have another address by then. */
  private async explained(error: unknown, open: Open): Promise<unknown> {
    const { isUnanswered } = await import('../with-worker.ts');
    if (!isUnanswered(error)) return error;
    if (!open.isLost) this.current = null;
    open.isLost = true;
    if (failureType(error) !== undefined) return error;
    return failure('TemporalUnreachable', `the Temporal server does not answer: ${errorText(error)}`, { cause: error });
  }
}

function tooLate(): Error {
  return failure('TemporalUnreachable', `there was no answer within ${patienceMs / 1000} seconds`, {
    hint: 'Try again; `coppice doctor` says whether Temporal and the state remote can be reached.',
  });
}
