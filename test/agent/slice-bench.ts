// A host and a model for slices of one unit: each test gives its run a script for the model.

import { afterAll, beforeAll } from 'vitest';
import type { SliceResult } from '../../contracts/activities/agent.ts';
import type { ModelServer, ReplyFunction } from '../fakes/model-server.ts';
import { cleanUp, makeRemote, makeState } from '../git/make-repository.ts';
import { type SliceHostParts, openSliceHost, planRun } from './slice-host.ts';
import { said } from '../e2e/scripts.ts';
import { startModelServer } from '../fakes/model-server.ts';

export class SliceBench {
  readonly remote = makeRemote({ 'README.md': 'hello\n', 'shared.txt': 'old\n', 'AGENTS.md': 'Be kind.\n' });
  readonly state = makeState();
  readonly model: ModelServer;
  readonly host: Awaited<ReturnType<typeof openSliceHost>>;
  private readonly scripts: Map<string, ReplyFunction>;
  private runs = 0;

  private readonly parts: Partial<SliceHostParts>;

  private constructor(
    model: ModelServer,
    host: Awaited<ReturnType<typeof openSliceHost>>,
    parts: { scripts: Map<string, ReplyFunction>; host: Partial<SliceHostParts> },
  ) {
    this.model = model;
    this.host = host;
    this.scripts = parts.scripts;
    this.parts = parts.host;
  }

  /** `parts` are those of all its hosts. */
  static async open(parts: Partial<SliceHostParts> = {}): Promise<SliceBench> {
    const scripts = new Map<string, ReplyFunction>();
    const model = await startModelServer({
      reply: (request) => scripts.get(request.user.split('/')[1] ?? '')?.(request) ?? { text: 'Done.' },
    });
    const host = await openSliceHost({ modelUrl: model.url, hostId: 'here', ...parts });
    return new SliceBench(model, host, { scripts, host: parts });
  }

  /** A run of its own whose model follows `script`. */
  planned(script: ReplyFunction, parts: Parameters<typeof planRun>[2] = {}) {
    const run = `run-${(this.runs += 1)}`;
    this.scripts.set(run, script);
    return planRun(this.host, { remote: this.remote, state: this.state, run }, parts);
  }

  asked(run: string) {
    return this.model.requests.filter(({ user }) => user === `coppice/${run}/a`);
  }

  /** What the user had said when the model was asked for the n-th time. */
  toldBefore(run: string, n: number): string {
    return this.asked(run)
      .slice(n - 1, n)
      .map(said)
      .join('');
  }

  elsewhere() {
    return openSliceHost({ modelUrl: this.model.url, hostId: 'there', ...this.parts });
  }

  close(): Promise<void> {
    return this.model.close();
  }
}

/** A bench for the tests of one file, closed after them. */
export function useBench(use: (bench: SliceBench) => void, parts: Partial<SliceHostParts> = {}): void {
  let bench: SliceBench | undefined;
  beforeAll(async () => {
    bench = await SliceBench.open(parts);
    use(bench);
  });
  afterAll(async () => {
    await bench?.close();
    cleanUp();
  });
}

export function doneOf({ outcome }: SliceResult) {
  if (outcome.status !== 'done') throw new Error(JSON.stringify(outcome));
  return outcome;
}
