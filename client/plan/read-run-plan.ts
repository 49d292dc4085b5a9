// Reads the plan of a run from its commit on the state remote.

import type { Remote } from '../../git/remote.ts';
import type { Config } from '../../contracts/documents/config.ts';
import type { RunPlan } from './plans-of-run.ts';
import type { RunId, Sha } from '../../contracts/ids.ts';
import { configCodec, configFile, planCodec, planFile } from '../../formats/state-documents/plan.ts';
import { planTextFile, planningCodec, planningFile } from '../../formats/state-documents/plan-files.ts';
import { failure } from '../../contracts/failures.ts';
import { readStateCommit } from '../../git/state-files.ts';
import { stateRefs } from '../../contracts/ids.ts';
import { documentOf, writePlan } from '../../formats/plan-file/plan-text.ts';

/** `at`: absent = the newest, which people may not have agreed to. Throws `NotFound`. */
export async function readRunPlan(
  remote: Remote,
  run: RunId,
  at?: Sha,
): Promise<RunPlan & { readonly config: Config }> {
  const files = [planFile, configFile, planTextFile, planningFile];
  const written = await readStateCommit(remote, stateRefs.plan(run), files, at);
  const text = written?.files[planFile];
  if (written === null || text === undefined)
    throw failure('NotFound', `the state remote no longer has the plan of ${run}`, {
      hint: 'It was deleted there, by `coppice prune` or by hand.',
    });
  const plan = planCodec.read(text);
  const notes = written.files[planningFile];
  const source = written.files[planTextFile];
  return {
    commit: written.commit,
    plan,
    config: configCodec.read(written.files[configFile] ?? ''),
    // Programs write JSON.
    text: source === undefined || /^\s*(?:\{|(?:- )?forEach:)/m.test(source) ? writePlan(documentOf(plan), []) : source,
    source: source ?? writePlan(documentOf(plan), []),
    made: notes === undefined ? null : planningCodec.read(notes),
  };
}
