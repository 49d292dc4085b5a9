// Between a goal and the work on it, for whoever has started the run at a terminal: waits for the plan, shows it, and takes
// what they say of it. If others are to decide, or they would rather decide later, it returns, and the run is watched.

import type { Coppice, Run } from '../api.ts';
import type { OpenApproval } from '../watch/status.ts';
import type { Output } from './output.ts';
import { byWhoDecides } from './present/approvals.ts';
import { editInEditor } from './edit-plan.ts';
import { explainFailure } from '../explain-failure.ts';
import { inertLine } from './present/columns.ts';
import { madePlanText } from './present/made-plan.ts';
import { openAsker } from './ask.ts';
import { saySilence, untilInterrupted } from './interrupt.ts';

const question = 'Run this plan? [y]es, [e]dit it, [c]hanges wanted, [n]o, [l]ater: ';

const watching = 'From here on, this command only watches: Ctrl-C leaves the run as it is.';

export async function settlePlan(coppice: Coppice, run: Run, output: Output): Promise<void> {
  let seen: string | null = null;
  for (;;) {
    const asked = await untilPlanAsked(run, seen, output);
    if (asked === null) return;
    if (byWhoDecides([asked], coppice.user).mine.length === 0) {
      output.note(`others decide about the plan\n${watching}`);
      return;
    }
    seen = asked.id;
    const shown = await run.plan();
    output.note(`\n${madePlanText({ ...shown, costUsd: null }, process.stderr)}\n`);
    try {
      const answer = await decide(coppice, run, asked, output);
      if (answer === 'later') return;
      if (answer === 'nothing') seen = null;
    } catch (error) {
      // Somebody else has decided meanwhile, say.
      const explained = explainFailure(error);
      if (explained === null) throw error;
      output.note(inertLine(explained.message));
      // It may still be open.
      seen = null;
    }
  }
}

/** The question about a plan that is open and not `seen`; null = the run has gone on. */
function untilPlanAsked(run: Run, seen: string | null, output: Output): Promise<OpenApproval | null> {
  let doing = '';
  return untilInterrupted(
    async (signal) => {
      for await (const { status, units, approvals } of run.watch({ signal, onSilence: saySilence(output) })) {
        const asked = approvals.find(({ kind, id }) => kind === 'plan' && id !== seen);
        if (asked !== undefined) return asked;
        if (status !== 'planning' && status !== 'paused') return null;
        const [planner] = units;
        if (planner?.doing && planner.doing !== doing) output.note(inertLine(`planning: ${planner.doing}`, 160));
        doing = planner?.doing ?? doing;
      }
      return null;
    },
    () => output.note(`\nstopped watching; the run continues. Come back with: coppice status ${run.id} --watch`),
  );
}

/** `nothing`: the plan was opened in an editor and left as it is. */
type Answer = 'said' | 'later' | 'nothing';

async function decide(coppice: Coppice, run: Run, { id }: OpenApproval, output: Output): Promise<Answer> {
  const asker = openAsker();
  try {
    for (;;) {
      const answer = (await asker.ask(question)).toLowerCase();
      if (answer === 'y' || answer === 'yes') {
        await coppice.approve(id);
        return 'said';
      }
      if (answer === 'n' || answer === 'no') {
        await coppice.deny(id);
        return 'said';
      }
      if (answer === 'l' || answer === 'later') {
        output.note(`the plan waits for an answer: coppice approve ${id}\n${watching}`);
        return 'later';
      }
      if (answer === 'c') {
        const words = await asker.ask('What should change? ');
        if (words === '') continue;
        await coppice.answer(id, words);
        return 'said';
      }
      if (answer === 'e') break;
    }
  } finally {
    asker.close();
  }
  return (await editInEditor(run, await run.plan(), output)) === null ? 'nothing' : 'said';
}
