// A person changes the plan of a run in an editor, until it has no errors or they give up.

import type { Run } from '../api.ts';
import type { EditedPlan, RunPlan } from '../types.ts';
import type { Output } from './output.ts';
import { askYes, canAsk } from './ask.ts';
import { explainFailure } from '../explain-failure.ts';
import { failure, failureType } from '../../contracts/failures.ts';
import { formatPlacedError } from '../../formats/yaml/placed-error.ts';
import { inertLine } from './present/columns.ts';
import { openInEditor } from './edit-text.ts';

/** Null = the person has changed nothing. */
export async function editInEditor(run: Run, before: RunPlan, output: Output): Promise<EditedPlan | null> {
  if (!canAsk())
    throw failure('BadInput', 'this is no terminal to open an editor in', {
      hint: 'Name the changed plan with --file.',
    });
  const opened = await openInEditor(`plan-of-${run.id}.yaml`, before.text, process.env);
  for (;;) {
    const text = await opened.edit();
    if (text === before.text) {
      await opened.remove();
      return null;
    }
    try {
      const edited = await run.editPlan(before.commit, text, { file: opened.path });
      await opened.remove();
      return edited;
    } catch (error) {
      if (failureType(error) === 'BadPlan') {
        for (const wrong of explainFailure(error)?.errors ?? []) output.note(inertLine(formatPlacedError(wrong)));
        if (await askYes('Open it again?')) continue;
      }
      output.note(`what you wrote is in ${opened.path}`);
      throw error;
    }
  }
}
