// Retries of unexpected errors: an attempt that ends in one is repeated, here or elsewhere, but not forever. This file
// alone decides how often, for slices and for the merge queue's activities: an entry that no host can handle must not
// block those behind it.

import { CancelledFailure, Context } from '@temporalio/activity';
import { withHeartbeat } from './heartbeat.ts';
import { z } from 'zod';
import { codeOf, errorText } from '../../domain/errors.ts';
import { failure, failureDetails, failureType } from '../../contracts/failures.ts';
import { inertText } from '../../git/inert-text.ts';

/**
 * With pauses that grow from a second to a minute, slices retry for about five minutes, the queue for about half a
 * minute.
 */
export const unexpectedTries = { slice: 10, landing: 6 } as const;
/**
 * git fails for many reasons, some of them temporary: retries for about a quarter of an hour. An unreachable remote is
 * a different failure.
 */
const gitTries = 20;
/** For a setup that fails on the target itself. Registries come back after some minutes; the queue waits meanwhile. */
const targetSetupTries = 8;
/** Limit if each try takes long. */
const longestTargetSetupMs = 15 * 60_000;
/** Work that has filled the disk this often would fill any. */
const filledDiskTries = 5;
/** Hosts in a row that may die with the same work. */
const deathsInARow = 10;
/** A path that is too long, or a loop of links: it fails on every host. */
const permanentCodes = ['ENAMETOOLONG', 'ELOOP'];

/** Returns the error to throw: a failure of the catalogue, unless a retry can help. Counts unexpected errors. */
export function countUnexpected(error: unknown, failures: number, tries: number): { error: unknown; failures: number } {
  if (codeOf(error) === 'ENOSPC') {
    return { error: failure('DiskFull', `this host: ${describe(error)}`, { cause: error }), failures };
  }
  if (failureType(error) !== undefined || error instanceof CancelledFailure) return { error, failures };
  const counted = failures + 1;
  const isFinal = counted >= tries || permanentCodes.includes(String(codeOf(error)));
  return { error: isFinal ? failure('Unexpected', describe(error), { cause: error }) : error, failures: counted };
}

export function describe(error: unknown): string {
  return inertText(errorText(error)).replaceAll(/\s+/g, ' ').slice(0, 500);
}

/** The failure when the disk is full once `work` has run: it may have filled it, or others have. */
export function diskFilledBy(work: string): Error {
  return failure('DiskFull', `this host has no disk left after ${inertText(work)}`, { details: { filled: true } });
}

const lastWord = z.object({
  failures: z.number().default(0),
  gitFailures: z.number().default(0),
  setupFailures: z.number().default(0),
  filledDisks: z.number().default(0),
  setupFailsSince: z.number().nullable().default(null),
  deaths: z.number().default(0),
  settled: z.boolean().default(false),
});

/**
 * Runs one attempt of an activity that the merge queue waits for. Counts of earlier attempts are in its heartbeats, and so
 * is what it does, with the time of the last output (ISO 8601; null = none yet) where the work tells `sawOutput`.
 */
export async function withBoundedTries<T>(
  hostId: string,
  work: (say: (doing: string) => void, sawOutput: () => void) => Promise<T>,
): Promise<T> {
  const { heartbeat, info } = Context.current();
  const before = lastWord.safeParse(info.heartbeatDetails).data;
  const { failures = 0, gitFailures = 0, setupFailures = 0, setupFailsSince = null, filledDisks = 0 } = before ?? {};
  const ofSetup = { setupFailures, setupFailsSince };
  const deaths = before === undefined ? 0 : before.deaths + (before.settled ? 0 : 1);
  const outputAt = null as string | null;
  let cursor = {
    host: hostId,
    doing: 'preparing',
    outputAt,
    failures,
    gitFailures,
    ...ofSetup,
    filledDisks,
    deaths,
    settled: false,
  };
  const update = (change: Partial<typeof cursor>): void => heartbeat((cursor = { ...cursor, ...change }));
  if (deaths >= deathsInARow) throw failure('Unexpected', `${deaths} hosts in a row have died with this`);
  update({});
  const say = (doing: string): void => update({ doing: inertText(doing).slice(0, 100) });
  // Told with the next heartbeat: output arrives often.
  const sawOutput = (): void => void (cursor = { ...cursor, outputAt: new Date().toISOString() });
  try {
    return await withHeartbeat(
      () => work(say, sawOutput),
      () => cursor,
    );
  } catch (error) {
    const counted = countUnexpected(error, failures, unexpectedTries.landing);
    const ofGit = gitFailures + (failureType(error) === 'GitFailed' ? 1 : 0);
    const tried = countSetup(error, ofSetup);
    const filled = filledDisks + (isFilledDisk(error) ? 1 : 0);
    update({ settled: true, failures: counted.failures, gitFailures: ofGit, filledDisks: filled, ...tried });
    if (failureType(error) === 'TargetSetupFailed' && isEnough(tried)) throw targetFails(error, tried.setupFailures);
    if (ofGit >= gitTries || filled >= filledDiskTries) {
      throw failure('Unexpected', describe(error), { cause: error });
    }
    throw counted.error;
  }
}

function isFilledDisk(error: unknown): boolean {
  return failureType(error) === 'DiskFull' && failureDetails(error) !== undefined;
}

interface SetupTries {
  readonly setupFailures: number;
  readonly setupFailsSince: number | null;
}

function countSetup(error: unknown, { setupFailures, setupFailsSince }: SetupTries): SetupTries {
  if (failureType(error) !== 'TargetSetupFailed') return { setupFailures, setupFailsSince };
  return { setupFailures: setupFailures + 1, setupFailsSince: setupFailsSince ?? Date.now() };
}

function isEnough({ setupFailures, setupFailsSince }: SetupTries): boolean {
  const isLong = setupFailsSince !== null && Date.now() - setupFailsSince > longestTargetSetupMs;
  return setupFailures >= targetSetupTries || (setupFailures > 1 && isLong);
}

/** For a setup that a retry will not fix and the change did not break. */
function targetFails(error: unknown, tries: number): Error {
  const what = errorText(error);
  const text = `the setup fails on the target itself, tried ${tries} times, and the change touches nothing that it reads: ${what}`;
  return failure('SetupFailed', text, { cause: error });
}
