// Run, unit and commit ids, and the workflow ids built from them. These rules are the only gate between text from
// outside and a path, a ref or a workflow id: nothing is ever built from an id that has not passed them. Used by every
// layer, safe in workflow code.

declare const brand: unique symbol;
type Brand<Name extends string> = string & { readonly [brand]: Name };

/** `yymmdd-xxxx`, or the user's `--id`. */
export type RunId = Brand<'RunId'>;
/** A unit's id inside its plan. */
export type UnitId = Brand<'UnitId'>;
/** A full git object id, lower-case hex, 40 (SHA-1) or 64 (SHA-256) characters. */
export type Sha = Brand<'Sha'>;

/** The unit that makes a run's plan; no unit of that plan may have the id. */
export const plannerId = 'plan' as UnitId;

export const unitIdPattern = /^[a-z0-9][a-z0-9-]{0,62}$/;
const runIdPattern = /^[a-z0-9][a-z0-9-]{0,40}$/;
const shaPattern = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

export function isRunId(text: string): text is RunId {
  return runIdPattern.test(text);
}

export function isUnitId(text: string): text is UnitId {
  return unitIdPattern.test(text);
}

export function isSha(text: string): text is Sha {
  return shaPattern.test(text);
}

/**
 * Checks text that must be a commit id. Throws a plain Error, because anything else is a bug or a broken repository.
 */
export function asSha(text: string): Sha {
  const trimmed = text.trim();
  if (!isSha(trimmed)) throw new Error(`not a git object id: ${JSON.stringify(trimmed.slice(0, 80))}`);
  return trimmed;
}

/** A new run id: the date in UTC and four random characters, for example `261124-k3x9`. */
export function newRunId(now: Date, random: () => number): RunId {
  const date = now.toISOString().slice(2, 10).replaceAll('-', '');
  const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';
  let suffix = '';
  for (let i = 0; i < 4; i++) suffix += alphabet[Math.floor(random() * alphabet.length)];
  return `${date}-${suffix}` as RunId;
}

export function runWorkflowId(run: RunId): string {
  return `run:${run}`;
}

export function unitWorkflowId(run: RunId, unit: UnitId): string {
  return `run:${run}:unit:${unit}`;
}

/** The n-th approval (from 1) that concerns a whole run. */
export function runApprovalWorkflowId(run: RunId, n: number): string {
  return `${runWorkflowId(run)}:approval:${n}`;
}

/** The n-th approval (from 1) that a unit asks for. */
export function approvalWorkflowId(run: RunId, unit: UnitId, n: number): string {
  return `${unitWorkflowId(run, unit)}:approval:${n}`;
}

/** What the agents of a run tell each other. */
export function boardWorkflowId(run: RunId): string {
  return `${runWorkflowId(run)}:board`;
}

/** The workflow that verifies what `key` stands for. */
export function verificationWorkflowId(key: string): string {
  return `verify:${key}`;
}

/** The file in a commit on `stateRefs.setupLog`. */
export const setupLogFile = 'setup.log';

/** Where a run and its units keep their content on the state remote. */
export const stateRefs = {
  allRuns: 'refs/coppice/runs/',
  allCandidates: 'refs/coppice/queues/',
  allGenerated: 'refs/coppice/generated/',
  /** Prefix of all refs of a run, except its candidates. */
  ofRun: (run: RunId) => `refs/coppice/runs/${run}/`,
  plan: (run: RunId) => `refs/coppice/runs/${run}/plan`,
  report: (run: RunId) => `refs/coppice/runs/${run}/report`,
  /** The report from before the run was reopened. */
  earlierReport: (run: RunId) => `refs/coppice/runs/${run}/earlier-report`,
  /** Pages count from 1. */
  records: (run: RunId, page: number) => `refs/coppice/runs/${run}/records/${page}`,
  /** Output of setups, each in its own commit. */
  setupLogs: (run: RunId) => `refs/coppice/runs/${run}/setup/`,
  setupLog: (run: RunId, name: string) => `refs/coppice/runs/${run}/setup/${name}`,
  /** Prefix of the refs of its units. */
  units: (run: RunId) => `refs/coppice/runs/${run}/units/`,
  unit: (run: RunId, unit: UnitId) => `refs/coppice/runs/${run}/units/${unit}`,
  /** The candidates of a train and what their verifications are; the queue's id ends with eight hex digits. */
  train: (queue: string, train: number) => `refs/coppice/queues/${queue.slice(-8)}/train-${train}`,
  /** What people need to resolve a unit's conflict, and their resolution. */
  brief: (run: RunId, unit: UnitId) => `refs/coppice/runs/${run}/briefs/${unit}`,
  resolution: (run: RunId, unit: UnitId) => `refs/coppice/runs/${run}/resolutions/${unit}`,
  /** What a command of `queue.regenerate` has made; `hash` is that of its inputs. */
  generated: (hash: string) => `refs/coppice/generated/${hash}`,
};
