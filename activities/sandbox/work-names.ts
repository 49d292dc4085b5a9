// The names and ports of a session or a verification, for its commands: names for databases, containers and the like,
// which would collide with others on the host, and ports that are free on the machine. The setup gets none of them,
// because its result is shared.

import { randomUUID } from 'node:crypto';
import { takePorts } from './port-block.ts';

export interface WorkNames {
  readonly env: Readonly<Record<string, string>>;
  /** Releases the ports. */
  release(): Promise<void>;
}

/** For a verification, which knows no run and no unit: names that nothing else has. */
export function namesOfVerification(): { readonly run: string; readonly unit: string } {
  const name = `verify-${randomUUID().slice(0, 8)}`;
  return { run: name, unit: name };
}

/** Throws `PortsTaken`. */
export async function takeWorkNames(
  { run, unit }: { readonly run: string; readonly unit: string },
  ports: number,
): Promise<WorkNames> {
  const names = { COPPICE_RUN: run, COPPICE_UNIT: unit };
  if (ports === 0) return { env: names, release: () => Promise.resolve() };
  const { base, count, release } = await takePorts(ports);
  return { env: { ...names, COPPICE_PORT_BASE: `${base}`, COPPICE_PORT_COUNT: `${count}` }, release };
}
