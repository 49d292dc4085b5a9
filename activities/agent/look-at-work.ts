// Looks at the work in a unit's last checkpoint, as far as that needs no command: paths, links, markers.

import { type AmbiguousNames, areAmbiguous } from '../../domain/path-globs.ts';
import type { Change } from '../../git/tree-reader.ts';
import type { Feedback } from '../../domain/activity-contracts.ts';
import type { HostRepository, UnitStore } from '../git/contract.ts';
import type { PlanUnit } from '../../domain/plan.ts';
import type { Sha } from '../../domain/ids.ts';
import { type Complaint, hasMarkers, judgeChanges } from './judge-work.ts';

interface Work {
  readonly repository: HostRepository;
  readonly store: UnitStore;
  readonly unit: PlanUnit;
  /** What the queue had sent back. */
  readonly feedback: Feedback | null;
}

/** What is missing; null = nothing that can be seen so. */
export async function lookAtWork(work: Work): Promise<Complaint | null> {
  const changes = await work.store.changes();
  const target = await namesOfTarget(work.repository, work.store.base, work.unit.scope ?? []);
  const [marked, links] = [await pathsWithMarkers(work), await readLinks(work, changes)];
  return judgeChanges({ changes, scope: work.unit.scope, target, marked, links });
}

/** What is needed to read these globs; most need nothing. */
export async function namesOfTarget(
  repository: HostRepository,
  base: Sha,
  globs: readonly string[],
): Promise<AmbiguousNames> {
  return areAmbiguous(globs) ? repository.ambiguousNames(base) : [];
}

/** Of the paths that were in conflict, those that still have git's markers. */
async function pathsWithMarkers({ repository, store, feedback }: Work): Promise<string[]> {
  const { checkpoint } = store;
  if (feedback?.kind !== 'conflict' || checkpoint === null) return [];
  const marked: string[] = [];
  for (const path of feedback.paths) {
    const text = await repository.readFile(checkpoint, path);
    if (text !== null && hasMarkers(text)) marked.push(path);
  }
  return marked;
}

/** Of the changed paths, those that are symbolic links now, and where they lead. */
async function readLinks({ repository, store }: Work, changes: readonly Change[]): Promise<Map<string, string>> {
  const links = new Map<string, string>();
  for (const { path, mode } of changes) {
    if (mode !== '120000' || store.checkpoint === null) continue;
    const target = await repository.readLink(store.checkpoint, path);
    if (target !== null) links.set(path, target);
  }
  return links;
}
