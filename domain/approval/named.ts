// What people type to name an approval, or a run. Pure.

import type { ApprovalView } from '../../contracts/approval.ts';

/**
 * `text`: an id, or a part of one. What names the first approval of a unit does not name its tenth. `run`: the run that
 * exists and whose whole id is in the text (`runSpelledBy`): an approval of another run is never meant then.
 */
export function isNamed(view: Pick<ApprovalView, 'id' | 'run'>, text: string, run: string | null = null): boolean {
  if (run !== null && view.run !== run) return false;
  return /(?:^|:)approval:\d+$/.test(text) ? view.id.endsWith(text) : view.id.includes(text);
}

/** What would be the whole id of a run, if there is such a run; null = nothing is. */
export function runSpelledBy(text: string): string | null {
  return /^(?:run:)?([a-z0-9-]+)(?:$|:unit:)/.exec(text)?.[1] ?? null;
}

/** The run with exactly that id, whatever else has it in its own; otherwise all that have. */
export function runsNamed<Each extends { readonly run: string }>(runs: readonly Each[], text: string): readonly Each[] {
  const exact = runs.filter(({ run }) => run === text);
  return exact.length > 0 ? exact : runs.filter(({ run }) => run.includes(text));
}
