// What a session hears in the requests of Claude Code, which does not know of it.

import { describe, expect, it } from 'vitest';
import type { Note } from '../../contracts/documents/journal.ts';
import { SessionJournal } from '../../activities/agent/conversation/journal.ts';
import { heardKey, lastHeard } from '../../activities/agent/conversation/heard.ts';
import { notesForProgram, withHeard } from '../../activities/agent/drivers/claude-code/heard-notes.ts';

const user = (content: string | readonly object[]) => ({ role: 'user', content });
const calls = (id: string) => ({ role: 'assistant', content: [{ type: 'tool_use', id, name: 'Bash', input: {} }] });
const result = (id: string) => user([{ type: 'tool_result', tool_use_id: id, content: 'ok' }]);
const words = (text: string) => ({ role: 'assistant', content: [{ type: 'text', text }] });

function journalOf(...answers: readonly { readonly content: readonly object[] }[]): SessionJournal {
  const journal = new SessionJournal();
  journal.begin({ model: 'm', system: '', firstMessage: 'Do it.' });
  for (const { content } of answers) add(journal, content);
  return journal;
}

function add(journal: SessionJournal, content: readonly object[]): void {
  const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
  journal.recordAnswer({ at: '', host: '', answer: content as never, stopReason: 'tool_use', usage, costUsd: 0 });
}

const hear = (journal: SessionJournal, number: number) =>
  journal.addUserMessage(`heard ${number}`, heardKey({ board: 'x', number }));
const places = (messages: ReturnType<typeof withHeard>) =>
  messages.flatMap(({ content }, at) => (JSON.stringify(content).includes('heard') ? [at] : []));

describe('what was heard', () => {
  it('stays at its place in every later request', () => {
    const journal = journalOf(calls('t1'));
    hear(journal, 1);
    const first = [user('Do it.'), calls('t1'), result('t1')];
    const sent = withHeard(first, journal);
    const block = { type: 'tool_result', tool_use_id: 't1', content: 'ok' };
    expect(sent.at(-1)?.content).toEqual([block, { type: 'text', text: 'heard 1' }]);
    add(journal, calls('t2').content);
    const later = withHeard([...first, calls('t2'), result('t2')], journal);
    expect(later.slice(0, 3)).toEqual(sent);
    expect(places(later)).toEqual([2]);
  });

  it('before the first answer is at the end of the first message, which may be a plain text', () => {
    const journal = journalOf();
    hear(journal, 1);
    expect(withHeard([user('Do it.')], journal)).toEqual([
      user([
        { type: 'text', text: 'Do it.' },
        { type: 'text', text: 'heard 1' },
      ]),
    ]);
    add(journal, calls('t1').content);
    expect(places(withHeard([user('Do it.'), calls('t1'), result('t1')], journal))).toEqual([0]);
  });

  it('is in front of the answer to it also where a new process has said more', () => {
    const journal = journalOf(calls('t1'));
    hear(journal, 1);
    const resumed = [user('Do it.'), calls('t1'), result('t1'), words('No response requested.'), user('Continue.')];
    const sent = withHeard(resumed, journal);
    expect(places(sent)).toEqual([4]);
    add(journal, words('Well.').content);
    const system = { role: 'system', content: 'A reminder.' };
    expect(places(withHeard([...resumed, system, words('Well.'), user('Go on.')], journal))).toEqual([4]);
  });

  it('goes with what the program has summed up', () => {
    const journal = journalOf(calls('t1'));
    hear(journal, 1);
    add(journal, calls('t2').content);
    add(journal, calls('t3').content);
    const summedUp = [user('What happened so far: …'), calls('t3'), result('t3')];
    expect(withHeard(summedUp, journal)).toEqual(summedUp);
  });

  it('is no message to the program, and says where to go on', () => {
    const journal = journalOf(calls('t1'));
    journal.addUserMessage('a check failed', 'check:1');
    hear(journal, 4);
    add(journal, calls('t2').content);
    hear(journal, 7);
    expect(notesForProgram(journal.turns[0]?.notes ?? []).map(({ key }: Note) => key)).toEqual(['check:1']);
    expect(lastHeard(journal)).toEqual({ board: 'x', number: 7 });
    expect(lastHeard(journalOf())).toBeNull();
  });
});
