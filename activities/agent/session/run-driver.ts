// Lets the driver continue the conversation until the agent ends its turn or must stop.

import type { AgentSession, AgentStop, HeldToolCall } from '../drivers/contract.ts';
import type { Mount } from '../../sandbox/mount.ts';
import type { Session } from './session.ts';
import { limitsAfter } from '../review/limits.ts';
import type { ToolCall } from '../../../contracts/documents/journal.ts';
import { cannotBeStored } from '../prompts/prompt.ts';
import { makeTools } from '../tools/make-tools.ts';
import { hashOf, keyOf } from '../tools/tool-request.ts';
import { toolRules } from '../tools/tool-rules.ts';
import { ownToolNames, toolsOf, tellsOthers } from '../tools/list.ts';

/** If the agent has ended its turn, its last answer may be on this host alone: the caller judges it, then pushes. */
export async function runDriver(session: Session): Promise<AgentStop> {
  const { host, stop, saver, config } = session;
  let ended = false;
  try {
    const why = await host.drivers[config.agent.driver].converse(driverSession(session));
    ended = why.type === 'ended';
    return why;
  } finally {
    // Save even if the model could not be asked: the worktree is removed with the slice, and only it has what the tools
    // did since the last answer.
    if (stop.cancelled.aborted) await saver.settled();
    else if (ended) await saver.keep();
    else await saver.save();
  }
}

function driverSession(session: Session): AgentSession {
  const { host, input, heartbeats, stop, journal, unit, config, workspace, folder, names, progress, board } = session;
  const { maxSeconds } = config.agent;
  const { seconds } = input;
  const commands = workspace.agentPlace(names.env);
  const files = unit.planner === undefined ? workspace.worktree.mounts : workspace.worktree.mounts.map(readOnly);
  const place = { ...commands, mounts: [...files, ...folder.mounts] };
  return {
    context: input.context,
    unit,
    config,
    host: host.hostId,
    journal,
    tools: makeTools(
      { ...place, outputs: folder.outputs, plans: session.plans, proposals: session.proposals, board },
      toolsOf({ unit, config, hasBoard: board !== null }),
    ),
    hasBoard: board !== null,
    rules: toolRules(config),
    isAllowed: (call, directory) => input.allowedCalls?.some(({ key }) => key === keyOf(call, directory)) === true,
    letGo: (call) => letGo(session, call),
    place: { ...place, folder: folder.path },
    maxTurns: unit.maxTurns ?? config.agent.maxTurns,
    ...limitsAfter(input, session.reviews.totals()),
    until: seconds === null ? null : session.openedAt + seconds * 1000,
    workDeadline: maxSeconds === null ? null : session.openedAt + (maxSeconds - input.workedSeconds) * 1000,
    signal: stop.cancelled,
    leaveNow: stop.commands,
    draining: () => host.draining() || stop.leaving,
    showActivity: (text) => heartbeats.showActivity(text),
    hear: async () => board?.hear(),
    modelCallBegins: () => beginCall(session),
    modelCallFailed: () => heartbeats.modelCall('failed'),
    idleTurns: () => progress.idle,
    turnEnded: () => endTurn(session),
  };
}

/** A session that plans or reviews looks, and changes nothing. */
export function readOnly(mount: Mount): Mount {
  return mount.type === 'bind' ? { ...mount, writable: false } : mount;
}

async function letGo({ journal, saver, store }: Session, call: HeldToolCall): Promise<boolean> {
  const { directory, allowed } = call.held;
  if (hashOf(call, { directory, tree: saver.tree ?? store.tree }) !== allowed?.hash) return false;
  journal.letGo();
  await saver.save();
  return true;
}

/** A conversation of the session. */
type Conversing = Pick<Session, 'saver' | 'journal' | 'heartbeats' | 'progress'>;

/** At most the answer in flight is lost with a host, so the model is not asked while an earlier one is only here. */
export async function beginCall({ saver, journal, heartbeats }: Conversing): Promise<void> {
  if (saver.holdsAnswer) await saver.save();
  else if (journal.turns.at(-1)?.results.length) saver.saveAside();
  heartbeats.modelCall('begun');
}

export async function endTurn({ saver, journal, progress }: Conversing): Promise<void> {
  const before = saver.unstorable;
  const isQuiet = ({ name }: ToolCall): boolean => ownToolNames.includes(name) && !tellsOthers(name);
  const runsNothing = journal.openCalls().every(isQuiet);
  await (runsNothing ? saver.keep() : saver.save());
  if (saver.tree !== null) progress.answered(journal.turns, saver.tree);
  if (saver.unstorable !== null && saver.unstorable !== before) {
    journal.addUserMessage(cannotBeStored(saver.unstorable), `unstorable:turn:${journal.turns.length}`);
  }
}
