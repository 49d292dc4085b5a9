// What people type after `/coppice`: how it is read, and what is done, without a server.

import { describe, expect, it } from 'vitest';
import type { ApprovalView, Decision } from '../../contracts/approval.ts';
import type { DeskRun, RunDesk } from '../../people/medium.ts';
import type { UserGroups } from '../../people/slack/groups.ts';
import { type SlashCommand, readCommand } from '../../people/slack/commands/read-command.ts';
import { failure } from '../../contracts/failures.ts';
import { decide } from '../../domain/approval/decide.ts';
import { context, openView, unit } from '../domain/fixtures.ts';
import { runsNamed } from '../../domain/approval/named.ts';
import { performCommand } from '../../people/slack/commands/perform-command.ts';

function typed(text: string): SlashCommand {
  const read = readCommand({
    command: '/coppice',
    text,
    user_id: 'U1',
    user_name: 'Ulla',
    response_url: 'https://hooks.slack.com/x',
    trigger_id: '1',
  });
  if (read?.type !== 'command') throw new Error('not read as a command');
  return read;
}

const id = 'run:r1:unit:a:approval:1';

describe('a command', () => {
  it.each([
    [`approve ${id}`, { do: 'approve', id, unit: null, reason: null }],
    ['approve r1 a', { do: 'approve', id: 'r1', unit: 'a', reason: null }],
    ['Deny r1', { do: 'deny', id: 'r1', unit: null, reason: null }],
    ['deny r1 a', { do: 'deny', id: 'r1', unit: 'a', reason: null }],
    ['deny r1 a  Too  large', { do: 'deny', id: 'r1', unit: 'a', reason: 'Too  large' }],
    [`deny ${id} Too large`, { do: 'deny', id, unit: null, reason: 'Too large' }],
    ['deny approval:1 a reason', { do: 'deny', id: 'approval:1', unit: null, reason: 'a reason' }],
    ['pause r1', { do: 'pause', run: 'r1', unit: null }],
    ['resume r1 a', { do: 'resume', run: 'r1', unit: 'a' }],
    ['message r1 a Look\nhere', { do: 'message', run: 'r1', unit: 'a', text: 'Look\nhere' }],
    ['status', { do: 'status', run: null }],
  ])('is read: %s', (text, words) => {
    expect(typed(text).words).toEqual(words);
  });

  it.each([
    ['approve r1 because-I-say', '“because-I-say” as the id of a unit', 'approve RUN UNIT'],
    ['approve r1 a b', 'what to do with “b”', 'approve RUN UNIT'],
    [`approve ${id} b`, 'what to do with “b”', 'approve ID'],
    ['deny r1 Because', '“Because” as the id of a unit', 'deny RUN UNIT [REASON]'],
    ['deny run:r1 unit:a no', '“unit:a” as the id of a unit', 'deny RUN UNIT [REASON]'],
    ['pause r1 Everything', '“Everything” as the id of a unit', 'pause RUN [UNIT]'],
    ['pause r1 a b', 'what to do with “b”', 'pause RUN [UNIT]'],
    ['resume r1 a_b', '“a_b” as the id of a unit', 'resume RUN [UNIT]'],
    ['message r1 <!here> Hello', '“‹!here›” as the id of a unit', 'message RUN UNIT TEXT'],
    ['status r1 a', 'what to do with “a”', 'status [RUN]'],
  ])('does nothing, and says what was read: %s', (text, read, form) => {
    const { words } = typed(text);
    expect(words.do).toBe('help');
    const problem = words.do === 'help' ? words.problem : null;
    expect(problem).toContain(read);
    expect(problem).toContain(`/coppice ${form}`);
  });
});

const runOfAll = {
  run: openView().run,
  status: 'running',
  open: true,
  repository: 'https://example.com/acme/lib',
  branch: 'main',
  goal: 'G',
  startedBy: 'dana',
  startedAt: '2026-01-01T12:00:00.000Z',
  progress: null,
  access: { channel: null, people: ['U1'], requester: [] },
} as const;

const noGroups: Pick<UserGroups, 'of'> = { of: async () => ({ groups: [] }) };

type Judging = (view: ApprovalView, decision: Decision) => ApprovalView;

interface Around {
  /** What becomes of the approval that is decided. */
  readonly becomes?: Judging;
  readonly runs?: readonly DeskRun[];
  /** Runs that the person may not see. */
  readonly hidden?: readonly DeskRun[];
}

/** Performs a command where these approvals are open. */
async function perform(text: string, views: readonly ApprovalView[], around: Around = {}) {
  const { becomes = (view: ApprovalView) => view, runs = [runOfAll], hidden = [] } = around;
  const sent: { readonly approval: string; readonly decision: Decision }[] = [];
  const all = [...runs, ...hidden];
  const find = async (name: string) => {
    const [found, ...others] = runsNamed(all, name);
    if (found === undefined || others.length > 0) throw failure(found === undefined ? 'NotFound' : 'BadInput', name);
    return found;
  };
  const desk = { approvals: async () => views, runs: async () => all, find };
  const sender = {
    send: async (approval: string, decision: Decision) => {
      sent.push({ approval, decision });
      return 'sent' as const;
    },
    read: async (approval: string) => {
      const [view, last] = [views.find((each) => each.id === approval), sent.at(-1)];
      if (view === undefined || last === undefined) throw new Error('nothing was sent');
      return becomes(view, last.decision);
    },
  };
  const parts = { desk: desk as unknown as RunDesk, sender, groups: noGroups as UserGroups };
  return { said: await performCommand(typed(text), parts), sent };
}

const ofB = openView({ id: 'run:r1:unit:b:approval:10', unit: unit('b') });

it('the list says where a question is answered: not by /coppice approve', async () => {
  const { subject } = openView();
  const asks: ApprovalView = { ...openView(), kind: 'question', subject: { ...subject, question: 'Weeks?' } };
  const { said } = await perform('list', [asks, ofB]);
  expect(said).toContain(`on its card, or coppice answer ${asks.id} "…"`);
  expect(said).toContain(`/coppice approve ${ofB.id}`);
  expect(said).not.toContain(`/coppice approve ${asks.id}`);
});

describe('a decision by command', () => {
  it('denies the approval of the unit that is named, with the reason', async () => {
    const { sent } = await perform('deny r1 b Too large', [openView(), ofB]);
    expect(sent).toMatchObject([{ approval: ofB.id, decision: { decision: 'deny', reason: 'Too large' } }]);
  });

  it.each([
    ['deny r1 too large', /^No open approval that you may see is of a unit too in a run r1\./],
    ['approve run:r1:unit:b:approval:1', /^No open approval that you may see matches run:r1:unit:b:approval:1\.$/],
    ['deny r1 Because', /^deny reads “Because”/],
  ])('decides nothing else if nothing has that name: %s', async (text, said) => {
    const answer = await perform(text, [ofB]);
    expect(answer.said).toMatch(said);
    expect(answer.sent).toEqual([]);
  });
});

describe('a decision by command, where ids of runs begin alike', () => {
  const named = (name: string) => context(name).run;
  const runNamed = (name: string, access: DeskRun['access'] = runOfAll.access) => ({
    ...runOfAll,
    run: named(name),
    access,
  });
  const ofR12 = openView({ id: 'run:r12:unit:a:approval:1', run: named('r12') });
  const [r1, r12, r13] = [runNamed('r1'), runNamed('r12'), runNamed('r13')];

  it.each(['approve r1 a', 'deny r1 a no', 'approve r1', 'deny run:r1', 'approve r1:unit:a'])(
    'is never made in another run than the one that is named exactly: %s',
    async (text) => {
      for (const around of [{ runs: [r1, r12] }, { runs: [r12], hidden: [runNamed('r1', null)] }]) {
        const { said, sent } = await perform(text, [ofR12], around);
        expect(said).toMatch(/^No open approval that you may see /);
        expect(sent).toEqual([]);
      }
    },
  );

  it('takes a part of an id if one run has it, and names the run', async () => {
    const { said, sent } = await perform('approve r1 a', [ofR12], { runs: [r12] });
    expect(said).toMatch(/^Run r12, unit a: /);
    expect(sent).toMatchObject([{ approval: ofR12.id }]);
  });

  it('asks which one, if several have it, and only of those that the person may see', async () => {
    const several = await perform('approve r1 a', [ofR12], { runs: [r12, r13] });
    expect(several).toEqual({ said: 'Several runs match; name one:\n• r12\n• r13', sent: [] });
    const { sent } = await perform('approve r1 a', [ofR12], { runs: [r12], hidden: [runNamed('r13', null)] });
    expect(sent).toMatchObject([{ approval: ofR12.id }]);
  });
});

/** Decisions are made now. */
const inTime = { expiresAt: null };
const critical = openView({ ...inTime, policy: { ...openView().policy, tier: 'critical' } });
const votedBy = (view: ApprovalView, decision: Decision) => decide(view, decision, decision.at, 'valid').view;

describe('the answer to a decision', () => {
  it.each([
    [
      'being checked',
      critical,
      (view: ApprovalView) => view,
      /^Run r1, unit a: recorded\. It is being checked, as for every critical/,
    ],
    [
      'not judged yet',
      openView(inTime),
      (view: ApprovalView) => view,
      /: recorded\. It is being checked: the card shows/,
    ],
    ['counted', critical, votedBy, /: your yes counts/],
    [
      'refused: it was decided meanwhile',
      critical,
      (view: ApprovalView) => ({ ...view, status: 'expired' as const }),
      /: recorded, and it does not count/,
    ],
    [
      'refused: somebody else may decide',
      openView({ ...inTime, policy: { rule: 'r', by: ['m'], allowed: { slack: ['U2'] }, tier: 'critical' } }),
      (view: ApprovalView) => view,
      /: recorded, and it does not count/,
    ],
  ])('says how it stands: %s', async (_, view, becomes, said) => {
    const answer = await perform(`approve ${view.id}`, [view], { becomes });
    expect(answer.sent).toHaveLength(1);
    expect(answer.said).toMatch(said);
  });
});
