// Opens a session: claims the unit, restores its prepared worktree and its conversation, and applies what the slice brings
// from outside.

import type { Plan } from '../../../contracts/documents/plan.ts';
import { type Session, closeSession } from './session.ts';
import type { SessionFolder } from './session-folder.ts';
import type { SliceHost } from './slice-host.ts';
import type { SliceInput } from '../../../contracts/activities/agent.ts';
import type { SliceHeartbeats } from './slice-heartbeat.ts';
import type { SliceStop } from './slice-stop.ts';
import type { WorkNames } from '../../sandbox/work-names.ts';
import { Progress } from '../conversation/progress.ts';
import { Remarks } from './remarks.ts';
import { Conversations, Reviews } from '../review/reviews.ts';
import { Saver } from './saver.ts';
import { Workspace } from './workspace.ts';
import { claimUnit } from './claim-unit.ts';
import { openBoard } from './session-board.ts';
import { firstMessage, setupFailsHere, systemPrompt } from '../prompts/prompt.ts';
import { plannerMessage, plannerPrompt } from '../prompts/planning.ts';
import { SessionProposalDesk } from './proposal-desk.ts';
import { SessionPlanDesk } from './plan-desk.ts';
import { tryCommands } from './try-commands.ts';
import { chargeLostCall } from '../review/charge-lost-call.ts';
import { makeSessionFolder } from './session-folder.ts';
import { networkToAskFor } from './judge.ts';
import { offerSides } from './conflict-files.ts';
import { readInstructions } from '../prompts/instructions.ts';
import { type OtherSide, deliverMessages, readOthers, rebaseOnce } from './deliver-messages.ts';
import { takeWorkNames } from '../../sandbox/work-names.ts';

interface Attempt {
  readonly heartbeats: SliceHeartbeats;
  readonly stop: SliceStop;
  /** Temporal's number for the activity attempt. */
  readonly attempt: number;
}

/** Throws `SetupFailed` if the setup fails on the target itself. The caller calls `closeSession`. */
export async function openSession(
  host: SliceHost,
  input: SliceInput,
  { heartbeats, stop, attempt }: Attempt,
): Promise<Session> {
  const { repository, plan, config, unit, store, journal } = await claimUnit(host, input, attempt);
  let folder: SessionFolder | null = null;
  let names: WorkNames | null = null;
  try {
    const before = store.base;
    const { feedback } = input;
    const conflicts = await rebaseOnce(store, journal, feedback);
    const others = await readOthers(repository, { journal, store, feedback, conflicts, before });
    folder = await makeSessionFolder(host.home, host.sandbox);
    const reviews = Reviews.load(store.files);
    const conversations = new Conversations(journal, reviews);
    const board = openBoard({ host, input, plan, config, journal, tree: () => saver.tree ?? store.tree });
    const mark = () => board?.mark();
    const saver: Saver = new Saver({ store, journal: conversations, heartbeats, signal: stop.cancelled, mark });
    const watch = { signal: stop.commands, onStart: (name: string) => heartbeats.showActivity(name) };
    const workspace = await Workspace.open({ host, input, config, store, saver, folder: folder.path, watch });
    const shownConflicts = await offerSides(store, conflicts, folder.conflicts);
    names = await takeWorkNames({ run: input.context.run, unit: unit.id }, config.worktree.ports);
    const progress = new Progress(journal.turns);
    const remarks = new Remarks({ journal, saver, feedback, triedAgain: input.triedAgain });
    const place = { ...workspace.agentPlace(names.env), mounts: workspace.worktree.mounts };
    const packageText = async () => (await repository.readFile(store.base, 'package.json'))?.text ?? null;
    const redact = (text: string): string => host.sandbox.redact(text);
    const desk = {
      config,
      context: input.context,
      goal: plan.goal,
      journal,
      repository,
      base: store.base,
      redact,
      tryCommands: async (commands: readonly string[]) =>
        tryCommands({ ...place, packageText: await packageText() }, commands),
    };
    const proposals = {
      plans: host.plans,
      repository,
      journal,
      context: input.context,
      unit: unit.id,
      base: store.base,
      redact,
    };
    const session: Session = {
      host,
      input,
      heartbeats,
      stop,
      repository,
      unit,
      config,
      journal,
      reviews,
      store,
      saver,
      workspace,
      folder,
      names,
      progress,
      remarks,
      board,
      conflicts,
      shownConflicts,
      plans: unit.planner === undefined ? null : new SessionPlanDesk(desk),
      proposals: unit.planner === undefined ? new SessionProposalDesk(proposals) : null,
      openedAt: Date.now(),
    };
    await begin(session, plan, others);
    return session;
  } catch (error) {
    await closeSession({ folder, names, store });
    throw error;
  }
}

async function begin(session: Session, { goal, units }: Plan, others: OtherSide['others']): Promise<void> {
  const { input, journal, unit, config, heartbeats, saver, repository, store, shownConflicts } = session;
  const instructions = await readInstructions(repository, store.base, config.agent.instructions);
  const { redTarget } = input.context;
  const isPlanner = unit.planner !== undefined;
  const hasBoard = session.board !== null;
  journal.begin({
    model: config.agent.model,
    system: isPlanner ? plannerPrompt(config) : systemPrompt({ unit, config, hasBoard }),
    firstMessage: isPlanner
      ? plannerMessage(unit, instructions)
      : firstMessage({ unit, instructions, goal, redTarget, units, hasBoard }),
  });
  const lostUsd = chargeLostCall(session);
  const { turns: turn, costUsd } = session.reviews.totalsWith(journal);
  heartbeats.update({ turn, costUsd });
  deliverMessages(journal, input, { conflicts: shownConflicts, others });
  tellOfSetup(session);
  // Save the return from the queue, which is in the worktree now, and the charge for a lost call: if the next call is
  // lost too, only that one would be charged. Anything else could be rebuilt on another host.
  if (input.feedback !== null || lostUsd > 0) await saver.save();
}

/** Must come before the model is asked, because with these files the worktree is not what the agent expects. */
function tellOfSetup(session: Session): void {
  const { journal, store, workspace } = session;
  if (workspace.problem === null || networkToAskFor(session) !== null) return;
  journal.addUserMessage(setupFailsHere(workspace.problem.message), `setup:tree:${store.tree}`);
}
