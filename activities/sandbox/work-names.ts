// What a session or a verification is called and where it may listen, as its commands see it: names for databases,
// containers and the like that would meet those of others on a host, and ports that nobody else on the machine has. The
// setup sees none of it, as its result is shared.

import type { RunId, UnitId } from '../../contracts/ids.ts';
import { takePorts } from './port-block.ts';

export interface WorkNames {
  readonly env: Readonly<Record<string, string>>;
  /** Gives the ports back. */
  release(): Promise<void>;
}

/** Throws `PortsTaken`. */
export async function takeWorkNames({ run, unit }: { run: RunId; unit: UnitId }, ports: number): Promise<WorkNames> {
  const names = { COPPICE_RUN: run, COPPICE_UNIT: unit };
  if (ports === 0) return { env: names, release: () => Promise.resolve() };
  const { base, count, release } = await takePorts(ports);
  return { env: { ...names, COPPICE_PORT_BASE: `${base}`, COPPICE_PORT_COUNT: `${count}` }, release };
}
