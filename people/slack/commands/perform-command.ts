// Does what a slash command says, and words the answer, which only the person sees. An approval is the same signal as a click, with the
// same identity; whether it counts is the approval's to say.

import type { ApprovalView, Decision } from '../../../contracts/approval.ts';
import type { DecisionSender, DeskRun, RunDesk } from '../../medium.ts';
import type { UserGroups } from '../groups.ts';
import { type Asker, groupsThatMatter, mayReach, maySee, maySteer, waitsFor } from './access.ts';
import type { Command, SlashCommand } from './read-command.ts';
import { count } from '../../../domain/text/count.ts';
import { decide } from '../../../domain/approval/decide.ts';
import { dollars } from '../../../domain/money/dollars.ts';
import { headlineOf, unlinked } from '../headline.ts';
import { capital, whereOf } from '../../describe-approval.ts';
import { failureType } from '../../../contracts/failures.ts';
import { isNamed, runSpelledBy, runsNamed } from '../../../domain/approval/named.ts';
import { needsProof } from '../../../domain/approval/tier.ts';
import { shortRepositoryName } from '../../../domain/repository/forge.ts';
import { slackLine } from '../../../domain/text/inert.ts';
import { userGroupsIn } from '../../../domain/approval/user-groups.ts';

export interface CommandParts {
  readonly desk: RunDesk;
  readonly sender: DecisionSender;
  readonly groups: UserGroups;
}

/** Runs and approvals in one answer. */
const mostShown = 15;

export const helpText = [
  '/coppice list: open runs, and what waits for you',
  '/coppice status [RUN]: how far a run is',
  '/coppice approve ID, or RUN UNIT: say yes, as the button does',
  '/coppice deny ID [REASON], or RUN UNIT [REASON]: say no',
  '/coppice pause RUN [UNIT], /coppice resume RUN [UNIT]',
  '/coppice message RUN UNIT TEXT: tell an agent something',
].join('\n');

/** Lines of safe text. Throws failures of the catalogue. */
export async function performCommand(command: SlashCommand, parts: CommandParts): Promise<string> {
  const { words } = command;
  switch (words.do) {
    case 'help':
      return [...(words.problem === null ? [] : [words.problem]), helpText].join('\n');
    case 'list':
      return list(await lookAround(command, parts));
    case 'status':
      return status(words.run, await lookAround(command, parts));
    case 'approve':
    case 'deny':
      return decideBy(command, words, parts);
    case 'pause':
    case 'resume':
    case 'message':
      return steer(command, words, parts);
  }
}

/** What somebody may see. */
export interface Surroundings {
  readonly asker: Asker;
  readonly runs: readonly DeskRun[];
  /** That they may reach. */
  readonly approvals: readonly ApprovalView[];
  /** Of these, what waits for them. */
  readonly waiting: readonly ApprovalView[];
}

export async function lookAround(
  { user, name, channel }: Pick<SlashCommand, 'user' | 'name' | 'channel'>,
  { desk, groups }: CommandParts,
): Promise<Surroundings> {
  const [runs, approvals] = await Promise.all([desk.runs(), desk.approvals()]);
  const { groups: member = [] } = await groups.of(user, groupsThatMatter(runs, approvals));
  const asker = { user, name, groups: member, channel };
  const byId = new Map(runs.map((run) => [run.run, run]));
  const reached = approvals.filter((view) => mayReach(view, byId.get(view.run), asker));
  return {
    asker,
    runs: runs.filter((run) => maySee(run, asker)),
    approvals: reached,
    waiting: reached.filter((view) => waitsFor(view, byId.get(view.run), asker)),
  };
}

function list({ runs, waiting }: Surroundings): string {
  const open = runs.filter((run) => run.open);
  return [
    ...(open.length === 0 ? ['No run is open that you may see.'] : shortened(open, runLine)),
    ...(waiting.length === 0 ? ['Nothing waits for you.'] : ['Waits for you:', ...shortened(waiting, waitingLine)]),
  ].join('\n');
}

/** What is approved here, or where a question is answered. */
function waitingLine(view: ApprovalView): string {
  const how =
    view.kind === 'question' ? `on its card, or coppice answer ${view.id} "…"` : `/coppice approve ${view.id}`;
  return `• ${headlineOf(view)}: ${how}`;
}

function status(text: string | null, { runs, approvals }: Surroundings): string {
  const [run, ...others] = text === null ? runs.filter((each) => each.open) : runsNamed(runs, text);
  if (run === undefined) return text === null ? 'No run is open that you may see.' : noRun(text);
  if (others.length > 0) return shortened([run, ...others], runLine).join('\n');
  const asked = approvals.filter((view) => view.run === run.run);
  return [
    runLine(run),
    `Started by ${slackLine(run.startedBy, 100)}, on ${unlinked(run.branch)}.`,
    ...(asked.length === 0 ? [] : [`${count(asked.length, 'decision')} wait for people:`]),
    ...shortened(asked, (view) => `• ${headlineOf(view)}: ${view.id}`),
    `All of it: coppice status ${run.run}`,
  ].join('\n');
}

export function runLine({ run, status: how, repository, goal, progress }: DeskRun): string {
  const what = goal === '' ? '' : ` “${unlinked(goal)}”`;
  const figures =
    progress === null
      ? ''
      : `, ${progress.landed} of ${count(progress.total, 'unit')} landed${progress.failed === 0 ? '' : `, ${progress.failed} did not`}, ${dollars(progress.costUsd)}`;
  return `${run} ${how}:${what} ${unlinked(shortRepositoryName(repository))}${figures}`;
}

function shortened<Each>(items: readonly Each[], line: (item: Each) => string): string[] {
  const more = items.length - mostShown;
  return [...items.slice(0, mostShown).map(line), ...(more > 0 ? [`and ${more} more`] : [])];
}

type Deciding = Extract<Command, { do: 'approve' | 'deny' }>;

async function decideBy(command: SlashCommand, words: Deciding, parts: CommandParts): Promise<string> {
  const around = await lookAround(command, parts);
  const run = await runSpelled(words, parts.desk);
  const runs = words.unit === null || run !== null ? [] : partlyNamed(words.id, around);
  if (runs.length > 1) return ['Several runs match; name one:', ...shortened(runs, (each) => `• ${each}`)].join('\n');
  const matching = approvalsMeant(words, around.approvals, run ?? runs[0] ?? null);
  const [view, ...others] = matching;
  if (view === undefined) return noApproval(words);
  if (others.length > 0) {
    return ['Several match; name one:', ...shortened(matching, (each) => `• ${headlineOf(each)}: ${each.id}`)].join(
      '\n',
    );
  }
  return `${capital(whereOf(view))}: ${await decideOne(command, words, view, parts)}`;
}

/** The run whose whole id was typed, whoever may see it; null = there is none. */
async function runSpelled({ id, unit }: Deciding, desk: RunDesk): Promise<string | null> {
  const text = unit === null ? runSpelledBy(id) : id;
  if (text === null) return null;
  const found = await desk.find(text).catch((error: unknown) => {
    // None has it in its id, or several have.
    if (['NotFound', 'BadInput'].includes(failureType(error) ?? '')) return null;
    throw error;
  });
  return found?.run === text ? text : null;
}

/** Runs that the person may mean by a part of an id. */
function partlyNamed(text: string, { runs, approvals }: Surroundings): string[] {
  return [...new Set(runsNamed([...runs, ...approvals], text).map(({ run }) => run))];
}

function approvalsMeant(
  { id, unit }: Deciding,
  approvals: readonly ApprovalView[],
  run: string | null,
): readonly ApprovalView[] {
  if (unit !== null) return approvals.filter((view) => view.unit === unit && view.run === run);
  const matching = approvals.filter((view) => isNamed(view, id, run));
  const exact = matching.filter((view) => view.id === id);
  return exact.length > 0 ? exact : matching;
}

async function decideOne(
  command: SlashCommand,
  { do: choice, reason }: Deciding,
  view: ApprovalView,
  parts: CommandParts,
): Promise<string> {
  if (choice === 'approve' && view.kind === 'question')
    return 'this is a question: answer it with the button of its card.';
  const { user, name, team, trigger } = command;
  const membership = await parts.groups.of(user, userGroupsIn(view.policy));
  const decision: Decision = {
    // A command that Slack delivers again has the same trigger.
    decisionId: `slack:${team ?? ''}:command:${trigger}:${user}:${choice}`.slice(0, 200),
    hash: view.hash,
    decision: choice,
    by: { channel: 'slack', id: user, name, ...membership },
    at: new Date().toISOString(),
    ...(reason === null ? {} : { reason }),
  };
  const outcome = await parts.sender.send(view.id, decision);
  if (outcome === 'closed') return 'this is closed: it was decided, has expired, or is no longer needed.';
  const now = await parts.sender.read(view.id).catch(() => null);
  if (now?.votes.some(({ decisionId }) => decisionId === decision.decisionId) === true) {
    return `${choice === 'approve' ? 'your yes counts' : 'your no counts'}: ${headlineOf(now)} It is ${now.status}.`;
  }
  return now === null ? 'recorded; it is judged as soon as a worker runs.' : explainUncounted(now, decision);
}

/** Of a decision that is not among the votes: it was refused, or nobody has judged it yet. */
function explainUncounted(now: ApprovalView, decision: Decision): string {
  // It would count, so that only its proof can be amiss.
  if (decide(now, decision, decision.at, 'valid').ruling.accepted) {
    const why = needsProof(now.policy, decision) ? ', as for every critical decision, who made it' : '';
    return `recorded. It is being checked${why}: the card shows what comes of it, and a private line there says so if it does not count.`;
  }
  return 'recorded, and it does not count: a private line at the card says why.';
}

function noApproval({ id, unit }: Pick<Deciding, 'id' | 'unit'>): string {
  return unit === null
    ? `No open approval that you may see matches ${id}.`
    : `No open approval that you may see is of a unit ${unit} in a run ${id}. The word after a run names a unit; /coppice list names what waits for you.`;
}

type Steering = Extract<Command, { do: 'pause' | 'resume' | 'message' }>;

async function steer(command: SlashCommand, words: Steering, { desk, groups }: CommandParts): Promise<string> {
  const { user, name, channel } = command;
  const run = await desk.find(words.run).catch(() => null);
  if (run === null) return noRun(words.run);
  const { groups: member = [] } = await groups.of(user, groupsThatMatter([run], []));
  const asker = { user, name, groups: member, channel };
  if (!maySee(run, asker)) return noRun(words.run);
  if (!maySteer(run, asker)) {
    return 'You may not: only people whose Slack ids were in `people` of coppice.yaml when the run started may pause, resume or message it from here.';
  }
  const by = `${slackLine(name, 100)} (slack)`;
  if (words.do === 'message') {
    await desk.message(run.run, words.unit, { by, text: words.text });
    return `Sent to the agent of ${words.unit}; it reads it at its next turn.`;
  }
  const what = words.unit === null ? `The run ${run.run}` : `${words.unit} of ${run.run}`;
  if (words.do === 'pause') await desk.pause(run.run, words.unit, by);
  else await desk.resume(run.run, words.unit);
  return `${what} ${words.do === 'pause' ? 'is paused' : 'goes on'}.`;
}

function noRun(text: string): string {
  return `There is no run ${text} that you may see.`;
}
