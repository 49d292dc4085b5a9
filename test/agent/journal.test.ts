import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noTotals } from '../../domain/money/usage.ts';
import { SessionJournal } from '../../activities/agent/conversation/journal.ts';
import { contextTokens, costWith } from '../../domain/money/prices.ts';
import { longestAnswerTokens } from '../../activities/agent/drivers/anthropic/ask-model.ts';
import { lostCallUsd } from '../../activities/agent/session/lost-call.ts';
import { prefix } from './driver-session.ts';

const call = (id: string) => ({ type: 'tool_use', id, name: 'bash', input: { command: 'true' } });
const result = (id: string) => ({ id, output: 'ran', isError: false, exitCode: 0 });

function begun(): SessionJournal {
  const journal = new SessionJournal();
  journal.begin(prefix);
  return journal;
}

function answer(journal: SessionJournal, ...blocks: { type: string; [field: string]: unknown }[]): void {
  const stopReason = blocks.some(({ type }) => type === 'tool_use') ? 'tool_use' : 'end_turn';
  const at = '2026-01-01T00:00:00.000Z';
  journal.recordAnswer({ at, host: 'h', answer: blocks, stopReason, usage: noTotals.usage, costUsd: 0.5 });
}

/** What another host has after every checkpoint so far. */
function store(files: Map<string, string>, journal: SessionJournal): SessionJournal {
  for (const [name, text] of Object.entries(journal.takeChanged())) files.set(name, text);
  return SessionJournal.load(files);
}

describe('the journal', () => {
  it('gives another host the same conversation, byte for byte, which only ever grows', () => {
    const steps = fc.array(
      fc.record({ text: fc.string({ unit: 'binary' }), calls: fc.nat(3), note: fc.option(fc.string()) }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(steps, (turns) => {
        const journal = begun();
        const files = new Map<string, string>();
        let before: string[] = [];
        for (const [i, { text, calls, note }] of turns.entries()) {
          const ids = Array.from({ length: calls }, (_, n) => `c${i}-${n}`);
          answer(journal, { type: 'text', text }, ...ids.map(call));
          if (calls > 0) journal.recordResults(ids.map(result));
          journal.addUserMessage(note ?? 'continue', `note:${i}`);
          expect(JSON.stringify(store(files, journal).messages())).toBe(JSON.stringify(journal.messages()));
          const now = journal.messages().map((message) => JSON.stringify(message));
          expect(now.slice(0, before.length)).toEqual(before);
          before = now;
        }
      }),
    );
  });

  it('tells the model of a call whose result was never recorded, and gives every other result as it was', () => {
    const files = new Map<string, string>();
    const journal = begun();
    answer(journal, call('a'), call('b'));
    journal.recordResults([result('a')]);
    const resumed = store(files, journal);
    resumed.closeInterrupted();
    expect(resumed.messages().at(-1)?.content).toMatchObject([
      { tool_use_id: 'a', content: 'ran', is_error: false },
      { tool_use_id: 'b', content: expect.stringContaining('interrupted, outcome unknown'), is_error: true },
    ]);
    expect(resumed.openCalls()).toEqual([]);
  });

  it('adds a message of the user once for each key', () => {
    const journal = begun();
    answer(journal, { type: 'text', text: 'Done.' });
    journal.addUserMessage('red', 'check:1');
    journal.addUserMessage('red again', 'check:1');
    expect(journal.messages().at(-1)?.content).toEqual([{ type: 'text', text: 'red' }]);
  });

  it('hands out only what changed, and keeps its first prefix', () => {
    const journal = begun();
    expect(Object.keys(journal.takeChanged())).toEqual(['prefix.json']);
    answer(journal, { type: 'text', text: 'One' });
    expect(Object.keys(journal.takeChanged())).toEqual(['turns/000001.json']);
    expect(journal.takeChanged()).toEqual({});
    journal.begin({ ...prefix, system: 'Something else.' });
    expect(journal.fixed).toEqual(prefix);
  });

  it('adds up turns, cost and hosts', () => {
    const journal = begun();
    answer(journal, { type: 'text', text: 'One' });
    answer(journal, { type: 'text', text: 'Two' });
    expect(journal.totals()).toMatchObject({ turns: 2, costUsd: 1, hosts: ['h'] });
  });

  it('keeps what a driver writes for itself, turn by turn, for another host, and puts back what was not stored', () => {
    const journal = begun();
    journal.addToTranscript(0, ['{"a":1}']);
    answer(journal, { type: 'text', text: 'Hm.' });
    journal.addToTranscript(1, ['{"b":2}', '{"c":3}']);
    journal.addToTranscript(1, ['{"d":4}']);
    const files = journal.takeChanged();
    expect(journal.takeChanged()).toEqual({});
    journal.putBack(files);
    expect(journal.takeChanged()).toEqual(files);
    const there = SessionJournal.load(new Map(Object.entries(files)));
    expect(there.transcript()).toBe('{"a":1}\n{"b":2}\n{"c":3}\n{"d":4}\n');
    expect([there.hasTranscriptOf(1), there.hasTranscriptOf(2)]).toEqual([true, false]);
  });

  it('is charged for a lost call with no more than a model takes', () => {
    const journal = begun();
    answer(journal, { type: 'text', text: 'Hm.' });
    const most = costWith(prefix.model, {
      inputTokens: 0,
      cacheReadTokens: 0,
      cacheWriteTokens: contextTokens,
      outputTokens: longestAnswerTokens,
    });
    expect(lostCallUsd(journal, 1)).toBeLessThan(most);
    journal.addToTranscript(1, ['x'.repeat(4 * contextTokens)]);
    expect(lostCallUsd(journal, 1)).toBe(most);
    expect(lostCallUsd(journal, 0)).toBe(0);
  });
});
