// The documents beside this file were written by the release before the codecs. They must stay readable as long as a
// run with such documents may be reopened.

import { describe, expect, it } from 'vitest';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { codecOf } from '../../../formats/state-documents/codec.ts';
import { configCodec, planCodec } from '../../../formats/state-documents/plan.ts';
import { failureType } from '../../../contracts/failures.ts';
import { ownerCodec, prefixCodec, turnCodec } from '../../../formats/state-documents/journal.ts';
import { recordsCodec, reportCodec } from '../../../formats/state-documents/report.ts';

const first = (name: string) => readFileSync(join(import.meta.dirname, 'first-version', name), 'utf8');

function errorOf(read: () => unknown): Error {
  try {
    read();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('it was read');
}

const turns = [1, 2, 3, 4].map((n) => `unit/turns/00000${n}.json`);
const readers = [
  ...turns.map((name) => ({
    name,
    read: turnCodec.read,
    written: (text: string) => turnCodec.write(turnCodec.read(text)),
  })),
  {
    name: 'unit/prefix.json',
    read: prefixCodec.read,
    written: (text: string) => prefixCodec.write(prefixCodec.read(text)),
  },
  {
    name: 'unit/attempt.json',
    read: ownerCodec.read,
    written: (text: string) => ownerCodec.write(ownerCodec.read(text)),
  },
  { name: 'plan.json', read: planCodec.read, written: (text: string) => planCodec.write(planCodec.read(text)) },
  { name: 'config.json', read: configCodec.read, written: (text: string) => configCodec.write(configCodec.read(text)) },
  { name: 'report.json', read: reportCodec.read, written: (text: string) => reportCodec.write(reportCodec.read(text)) },
];

describe('a document of the first version', () => {
  it.each(readers)('$name is read as it is, and written with its version', ({ name, read, written }) => {
    const old = JSON.parse(first(name)) as Record<string, unknown>;
    expect(JSON.stringify(read(first(name)))).toBe(JSON.stringify(old));
    const text = written(first(name));
    expect(JSON.parse(text)).toEqual({ ...old, version: 1 });
    // Order counts: what a conversation holds is sent again byte for byte.
    const { version, ...rest } = JSON.parse(text) as Record<string, unknown>;
    const { version: _, ...before } = old;
    expect([version, JSON.stringify(rest)]).toEqual([1, JSON.stringify(before)]);
    expect(JSON.stringify(read(text))).toBe(JSON.stringify(JSON.parse(text)));
  });

  it('records.json is a list, and is written as the second version', () => {
    const old: unknown = JSON.parse(first('records.json'));
    expect(recordsCodec.read(first('records.json')).units).toEqual(old);
    const text = recordsCodec.write(recordsCodec.read(first('records.json')));
    expect(JSON.parse(text)).toEqual({ version: 2, coppice: '0.1.0', units: old });
    expect(recordsCodec.read(text).units).toEqual(old);
  });
});

describe('a document that cannot be read', () => {
  it.each(readers)('$name of a later version says which Coppice it needs', ({ name, read }) => {
    const later = { ...(JSON.parse(first(name)) as object), version: 7, coppice: '9.2.0' };
    const error = errorOf(() => read(JSON.stringify(later)));
    expect(failureType(error)).toBe('DocumentTooNew');
    expect(error.message).toMatch(
      /has version 7, which needs Coppice 9\.2\.0; the Coppice on this machine reads up to/,
    );
    const unnamed = errorOf(() => read(JSON.stringify({ version: 2, coppice: '\u001b[31m', anything: [] })));
    expect(unnamed.message).toMatch(/which needs a later Coppice;/);
  });

  it.each(readers)(
    '$name with something missing, cut off or of another kind is named, with the place',
    ({ name, read }) => {
      const old = JSON.parse(first(name)) as Record<string, unknown>;
      for (const key of Object.keys(old).filter(
        (each) => each !== 'version' && each !== 'notes' && each !== 'lostUsd',
      )) {
        const { [key]: _, ...rest } = old;
        const error = errorOf(() => read(JSON.stringify(rest)));
        expect(failureType(error)).toBe('DocumentUnreadable');
        expect(error.message).toContain(`cannot be read: ${key}: `);
      }
      for (const text of [first(name).slice(0, -9), '', 'null', '[]', '7', '<<<<<<<']) {
        expect(failureType(errorOf(() => read(text)))).toBe('DocumentUnreadable');
      }
    },
  );

  it('has no id that is a path: nothing else is asked for on the state remote', () => {
    const plan = planCodec.read(first('plan.json'));
    const hostile = { ...plan, units: [{ ...plan.units[0], id: '../../heads/main' }] };
    expect(errorOf(() => planCodec.read(JSON.stringify(hostile))).message).toContain('units[0].id');
  });
});

describe('a codec', () => {
  const shape = { schema: z.object({ a: z.number() }), name: 'a.json' };

  it('goes from version to version, and lets fields pass that it does not know', () => {
    const third = codecOf<{ readonly a: number }>()({
      ...shape,
      version: 3,
      since: '0.3.0',
      upgrades: { 1: (old) => ({ b: old }), 2: (old) => ({ a: (old as { b: number }).b + 1 }) },
    });
    expect(third.read('5')).toEqual({ a: 6 });
    expect(third.read('{"version":2,"b":5}')).toEqual({ a: 6 });
    expect(third.read('{"version":3,"a":5,"new":true}')).toEqual({ version: 3, a: 5, new: true });
    expect(third.write({ a: 1 })).toBe('{"version":3,"coppice":"0.3.0","a":1}\n');
    const second = codecOf<{ readonly a: number }>()({ ...shape, version: 2, since: '0.2.0' });
    expect(errorOf(() => second.read(third.write({ a: 1 }))).message).toMatch(/needs Coppice 0\.3\.0;/);
  });

  it('takes no version but a whole number for one', () => {
    const codec = codecOf<{ readonly a: number }>()({ ...shape, version: 1, since: '0.1.0' });
    for (const version of ['2', -1, 1.5, null, 0]) {
      expect(failureType(errorOf(() => codec.read(JSON.stringify({ version, a: 1 }))))).toBe('DocumentUnreadable');
    }
  });
});
