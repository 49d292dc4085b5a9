import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { formatPlacedError } from '../../formats/yaml/placed-error.ts';
import { parsePlan } from '../../formats/plan-file/plan-file.ts';

/** `LINE:COLUMN: message` of every error. */
function errorsOf(text: string): string[] {
  return (parsePlan(text, 'p').errors ?? []).map((error) => formatPlacedError(error).slice(2));
}

/** One unit in flow style, on line 2. */
function withUnit(fields: string): string {
  return `version: 1\nunits: [{id: a, title: T, prompt: P, ${fields}}]`;
}

function chain(length: number): string {
  const units = Array.from({ length }, (_, i) => ({
    id: `u${i}`,
    title: 'T',
    prompt: 'P',
    needs: i ? [`u${i - 1}`] : [],
  }));
  return JSON.stringify({ version: 1, units });
}

describe('a plan file', () => {
  it('is read with every absent field filled in', () => {
    expect(parsePlan(withUnit('budgetUsd: 0.5'), 'p').plan).toEqual({
      version: 1,
      goal: '',
      units: [
        {
          id: 'a',
          title: 'T',
          prompt: 'P',
          needs: [],
          scope: null,
          verify: null,
          labels: [],
          budgetUsd: 0.5,
          maxTurns: null,
        },
      ],
    });
  });

  it('may be JSON with tabs, YAML with a byte order mark and CRLF, and have an emoji for a goal', () => {
    const json = JSON.stringify({ version: 1, goal: '🚀', units: [{ id: 'a', title: 'é', prompt: 'P' }] }, null, '\t');
    expect(parsePlan(json, 'p').plan?.goal).toBe('🚀');
    expect(errorsOf('\uFEFFversion: 1\r\nunits:\r\n  - id: a\r\n    title: T\r\n    prompt: P\r\n')).toEqual([]);
  });

  it('has the example of its documentation', () => {
    const page = readFileSync(new URL('../../docs/plan-file.md', import.meta.url), 'utf8');
    const example = /<!-- example: plan -->\n+```yaml\n([^]*?)```/.exec(page)?.[1] ?? '';
    expect(parsePlan(example, 'p').plan?.units).toHaveLength(2);
  });

  it('reports every error at once, in the order and words of the file', () => {
    const text = [
      'version: 2',
      'goal: " "',
      'units:',
      '  - id: b',
      '    titel: x',
      '    prompt: 7',
      '    needs: [c, b]',
      '    budgetUsd: -1',
    ].join('\n');
    expect(errorsOf(text)).toEqual([
      '1:10: version must be 1, not the number 2',
      '2:7: goal is blank',
      '4:5: units[0].title is missing',
      '5:5: unknown key "titel" in units[0]; did you mean "title"?',
      '6:13: units[0].prompt must be a text, not the number 7',
      '7:13: unit "b" needs "c", which is not a unit of the plan',
      '7:16: unit "b" needs "b" (cycle b → b): a unit cannot need itself',
      '8:16: units[0].budgetUsd must be above 0',
    ]);
  });

  it('counts lines also behind what cannot be read', () => {
    const text = 'version: 1\nunits:\n- id: a\n  }.title: T\n  prompt: P\n';
    const lines = text.split('\n').map((line) => line.length + 1);
    const places = (parsePlan(text, 'p').errors ?? []).map(({ at }) => at);
    expect(places.length).toBeGreaterThan(0);
    expect(places.filter(({ line, column }) => column > (lines[line - 1] ?? 0))).toEqual([]);
  });

  it.each([
    [
      'goal: Fix: this',
      '1:7: a second ": " stands in one value: put a text that holds a colon in quotes; a map begins on a new line',
    ],
    ['version: 1\ngoal', '2:1: a key needs a colon and a space after it'],
    ['{"units": [}', '1:12: a list that begins with [ is not closed with ]'],
    ['units: {', '1:9: a map that begins with { is not closed with }'],
    ['goal: `x`', '1:7: put a text that begins with ` in quotes'],
    ['goal: "x', '1:9: a text that begins with " is not closed with "'],
    ['a:\n  b: 1\n c: 2', '3:1: this line is not indented like the other keys of its map'],
    ['units:\n - id: a\n  title: b', expect.stringMatching(/^3:1: this line is indented neither like the keys/)],
    ['- a\nb', expect.stringMatching(/^2:1: this cannot stand here: check the indentation/)],
  ])('%j is an error in plain words', (text, error) => {
    expect(errorsOf(text)).toEqual([error]);
  });

  it('names a cycle as a path', () => {
    const text =
      'version: 1\nunits:\n- {id: a, title: T, prompt: P, needs: [b]}\n- {id: b, title: T, prompt: P, needs: [a]}';
    expect(errorsOf(text)).toEqual(['3:39: the units need each other in a cycle: a → b → a']);
  });

  it.each([
    ['', 'the file is empty'],
    ['[]', 'the file must be a map, not a list'],
    ['version: 1\nunits: []', 'units is empty: a plan has at least one unit'],
    ['{"version": 1, "units": [', 'is not closed with ]'],
    ['version: 1\nversion: 1\nunits: []', 'key "version" is given twice (first on line 1)'],
    ['a: *b', 'alias "*b" has no anchor before it'],
    ['a: &a [1]\nb: &b [*a, *a]\nc: *b', 'uses an alias itself'],
    ['['.repeat(5000), 'nest deeper than 100 levels'],
    [`version: 1\nunits: []\n# ${'x'.repeat(20 * 1024 * 1024)}`, 'larger than 20 MiB'],
  ])('is refused as a whole: %.30s', (text, message) => {
    expect(errorsOf(text).join('\n')).toContain(message);
  });

  it.each(['../../x', 'a/b', '.git', '-rf', 'a\0', 'x'.repeat(300), 'a\u202Eb', 'A', ''])('refuses the id %j', (id) => {
    const errors = errorsOf(JSON.stringify({ version: 1, units: [{ id, title: 'T', prompt: 'P' }] }));
    expect(errors).toEqual([expect.stringContaining('units[0].id must be 1 to 63 lower-case letters')]);
  });

  it.each([
    ['a', 'a', 'unit "a" is defined twice (first on line 1)'],
    ['a', 'A', 'unit "A" differs from unit "a" on line 1 only in case or Unicode form'],
    ['\u00e9', 'e\u0301', 'only in case or Unicode form'],
  ])('refuses the ids %j and %j together', (first, second, message) => {
    const units = [first, second].map((id) => ({ id, title: 'T', prompt: 'P' }));
    expect(errorsOf(JSON.stringify({ version: 1, units })).join('\n')).toContain(message);
  });

  it.each([
    'budgetUsd: 0',
    'budgetUsd: .nan',
    'budgetUsd: .inf',
    'budgetUsd: 1e308',
    'maxTurns: 0',
    'maxTurns: 1.5',
    'maxTurns: many',
    'scope: [/etc/passwd]',
    'scope: [../x]',
    'scope: [""]',
    'scope: [.coppice/x]',
    'scope: []',
    'needs: a',
    'labels: [" "]',
    'verify: ""',
    'verify: "a\\0b"',
    '<<: {maxTurns: 5}',
  ])('refuses %s with one error', (fields) => {
    expect(errorsOf(withUnit(fields))).toEqual([expect.stringMatching(/^2:\d+: /)]);
  });

  it.each(['', ' ', 'two\nlines', 'x'.repeat(201), 'bell\u0007', 'bidi\u202Etxt', 'bidi\u2066x'])(
    'refuses the title %j',
    (title) => {
      const errors = errorsOf(JSON.stringify({ version: 1, units: [{ id: 'a', title, prompt: 'P' }] }));
      expect(errors).toEqual([expect.stringContaining('units[0].title')]);
    },
  );

  it.each([
    ['\u200B', 'units[0].title has no visible character'],
    ['\u200D\u3164\u00AD', 'units[0].title has no visible character'],
    [`# ${'-'.repeat(24)} >8 ${'-'.repeat(24)}`, "units[0].title is git's scissors line"],
    [` #  ${'-'.repeat(24)}\u200B >8 ${'-'.repeat(24)} `, "units[0].title is git's scissors line"],
  ])('refuses the title %j, under which git would find no trailers', (title, message) => {
    const errors = errorsOf(JSON.stringify({ version: 1, units: [{ id: 'a', title, prompt: 'P' }] }));
    expect(errors).toEqual([expect.stringContaining(message)]);
  });

  it.each(['# 5: a comment', '---', 'Conflicts:', '>8', '❤️', '👩‍🚀', 'ü'])('takes the title %j', (title) => {
    expect(errorsOf(JSON.stringify({ version: 1, units: [{ id: 'a', title, prompt: 'P' }] }))).toEqual([]);
  });

  it('holds the limits on size: prompts, units, chains', () => {
    const big = { version: 1, units: [{ id: 'a', title: 'T', prompt: 'é'.repeat(600_000) }] };
    expect(errorsOf(JSON.stringify(big))).toEqual([expect.stringContaining('units[0].prompt is larger than 1 MiB')]);
    expect(errorsOf(chain(1000))).toEqual([]);
    expect(errorsOf(chain(1001))).toEqual([expect.stringContaining('1001 units form a chain')]);
    expect(errorsOf(chain(10_001)).join('\n')).toContain('units has more than 10,000 units');
  });

  it('lets a value be repeated by an alias', () => {
    const text = `version: 1\nunits:\n- {id: a, title: T, prompt: P, scope: &s [src/**]}\n- {id: b, title: T, prompt: P, scope: *s}`;
    expect(parsePlan(text, 'p').plan?.units[1]?.scope).toEqual(['src/**']);
  });
});

describe('any plan', () => {
  const prose = fc.string({ unit: 'grapheme' }).map((text) => `x${text}`);
  const plans = fc.array(fc.record({ prompt: prose, maxTurns: fc.integer({ min: 1, max: 10_000 }) }), {
    minLength: 1,
    maxLength: 5,
  });
  const written = plans.map((list) => ({
    version: 1,
    units: list.map((unit, i) => ({ id: `u${i}`, title: 'T', ...unit, needs: i === 0 ? [] : [`u${i - 1}`] })),
  }));

  it('that is valid comes through unchanged, from YAML and from JSON', () => {
    fc.assert(
      fc.property(written, (plan) => {
        expect(parsePlan(JSON.stringify(plan), 'p').plan).toMatchObject(plan);
        expect(parsePlan(stringify(plan), 'p').plan).toMatchObject(plan);
      }),
    );
  });

  it('that was damaged never crashes the reader, and every error has a place inside the file', () => {
    const damage = fc.tuple(written, fc.nat(400), fc.nat(20), fc.string({ maxLength: 6 }));
    let errors = 0;
    fc.assert(
      fc.property(damage, ([plan, at, length, insert]) => {
        const whole = stringify(plan);
        const text = whole.slice(0, at) + insert + whole.slice(at + length);
        const lines = text.split('\n');
        for (const { at: place } of parsePlan(text, 'p').errors ?? []) {
          errors += 1;
          expect(place.line).toBeLessThanOrEqual(lines.length);
          expect(place.column).toBeLessThanOrEqual((lines[place.line - 1]?.length ?? 0) + 1);
        }
      }),
    );
    expect(errors).toBeGreaterThan(0);
  });
});
