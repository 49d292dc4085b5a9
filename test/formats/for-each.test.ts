import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { ambiguousNames, readGlobs } from '../../formats/globs/path-globs.ts';
import { expandPlan } from '../../formats/plan-file/for-each.ts';
import { formatPlacedError } from '../../formats/yaml/placed-error.ts';
import { parsePlan } from '../../formats/plan-file/plan-file.ts';
import type { Plan } from '../../contracts/documents/plan.ts';

interface Given {
  readonly paths?: readonly string[];
  readonly tables?: Readonly<Record<string, string>>;
}

function expand(text: string, { paths = [], tables = {} }: Given) {
  const parsed = parsePlan(text, 'p');
  if (parsed.open === undefined) return parsed;
  return expandPlan(parsed.open, { paths, tables: new Map(Object.entries(tables)) });
}

function unitsOf(text: string, given: Given): Plan['units'] {
  const { plan, errors = [] } = expand(text, given);
  if (plan === undefined) throw new Error(errors.map(formatPlacedError).join('\n'));
  return plan.units;
}

/** `LINE:COLUMN: message` of every error. */
function errorsOf(text: string, given: Given = {}): string[] {
  return (expand(text, given).errors ?? []).map((error) => formatPlacedError(error).slice(2));
}

/** One unit in flow style, on line 2. */
function withUnit(forEach: string, fields = 'title: T, prompt: P'): string {
  return `version: 1\nunits: [{ id: a, forEach: ${forEach}, ${fields} }]`;
}

const paths = ['src/b.test.js', 'src/a.test.js', 'src/a.js', 'README'];

describe('a unit for each file', () => {
  it('has the values of its file in all of its texts, and a number', () => {
    const text = [
      'version: 1',
      'units:',
      '  - id: move',
      '    forEach: { glob: src/*.test.js }',
      '    title: Move ${{ name }}',
      '    prompt: "${{path}} is ${{ file }} in ${{  dir  }}: ${{ number }}"',
      "    scope: ['${{ path }}', '${{ dir }}/new/**']",
      '    verify: npx vitest run ${{ path }}',
      '    labels: [gpu]',
      '    budgetUsd: 2',
    ].join('\n');
    const [first, second, ...others] = unitsOf(text, { paths });
    expect(first).toEqual({
      id: 'move-1',
      title: 'Move a.test',
      prompt: 'src/a.test.js is a.test.js in src: 1',
      needs: [],
      scope: ['src/a.test.js', 'src/new/**'],
      verify: 'npx vitest run src/a.test.js',
      labels: ['gpu'],
      budgetUsd: 2,
      maxTurns: null,
    });
    expect(second).toMatchObject({ id: 'move-2', title: 'Move b.test' });
    expect(others).toEqual([]);
  });

  it('leaves alone what is no placeholder', () => {
    const fields = "title: 'Keep $${{ matrix.os }} and ${HOME}', prompt: '{{ path }} $$${{ path }}'";
    expect(unitsOf(withUnit('{ glob: README }', fields), { paths })).toMatchObject([
      { title: 'Keep ${{ matrix.os }} and ${HOME}', prompt: '{{ path }} $${{ path }}' },
    ]);
  });

  it('may have several globs, and takes a file once', () => {
    const text = withUnit("{ glob: ['src/*.js', 'src/a*'] }", "title: '${{ path }}', prompt: P");
    expect(unitsOf(text, { paths }).map(({ title }) => title)).toEqual(['src/a.js', 'src/a.test.js', 'src/b.test.js']);
  });

  it('is allowed exactly its file, and its command gets it as one word, whatever the name', () => {
    const name = fc.string({
      unit: fc.constantFrom(...String.raw`ab[]{}*?!\'" ;$&,`.split('')),
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 2, maxLength: 5 }), (names) => {
        const files = names.map((each) => `d/${each}`);
        const text = withUnit(
          "{ glob: 'd/**' }",
          `title: T, prompt: P, scope: ['\${{ path }}'], verify: 'ls \${{ path }}'`,
        );
        const units = unitsOf(text, { paths: files });
        expect(units).toHaveLength(files.length);
        for (const { scope, verify } of units) {
          const allowed = files.filter((file) => readGlobs(scope ?? [], ambiguousNames(files)).surely(file));
          expect(allowed).toHaveLength(1);
          const [file = ''] = allowed;
          const quoted = `'${file.replaceAll("'", `'\\''`)}'`;
          expect([`ls ${file}`, `ls ${quoted}`]).toContain(verify);
          if (/[^\w/,!]/.test(file)) expect(verify).toBe(`ls ${quoted}`);
        }
      }),
    );
  });
});

it('a placeholder that does not end is an error at its place, whatever the items are', () => {
  const fields = "title: 'Do ${{ path', prompt: 'a $${{ b ${{ {x} }}', scope: ['a ${{']";
  for (const items of ['{ glob: none }', '{ csv: t.csv }', '{ command: ls }']) {
    const text = withUnit(items, fields);
    const column = (text.split('\n')[1] ?? '').indexOf("'Do") + 1;
    expect(errorsOf(text)).toEqual([
      `2:${column}: "\${{ path" is not a placeholder: it needs }} on the same line, and no brace before that (to write it as it is: $\${{)`,
      expect.stringContaining(': "${{ {x} }}" is not a placeholder'),
      expect.stringContaining(': "${{" is not a placeholder'),
    ]);
  }
});

describe('a unit for each row', () => {
  const fields = "title: 'Document ${{ service name }}', prompt: 'for ${{ owner }}'";
  it.each([
    ['commas', 'service name,owner\nbilling,dana\n"a, b",kim\n'],
    ['semicolons, CRLF and a byte order mark', '\uFEFFservice name;owner\r\nbilling;dana\r\n\r\n"a, b";kim'],
    ['tabs', 'service name\towner\nbilling\tdana\na, b\tkim\n'],
  ])('of a table with %s', (_, table) => {
    expect(unitsOf(withUnit('{ csv: t.csv }', fields), { tables: { 't.csv': table } })).toMatchObject([
      { id: 'a-1', title: 'Document billing', prompt: 'for dana' },
      { id: 'a-2', title: 'Document a, b', prompt: 'for kim' },
    ]);
  });

  it.each([
    ['', 'is empty'],
    ['a,b\n', 'has no rows'],
    ['a,a\n1,2\n', 'two columns with the name "a"'],
    ['a,\n1,2\n', 'a column without a name'],
    ['a,number\n1,2\n', 'has a column number'],
    ['a,b\n1\n', 'has 1 value on line 2, and its first line names 2 columns: an empty value needs its comma too'],
    [
      'a;b\n1;2\n1;2;3\n',
      'has 3 values on line 3, and its first line names 2 columns: put a value that holds a semicolon',
    ],
    ['a,b\n"1\n""",2\n"1,2\n\n', 'has a double quote on line 4 that is never closed'],
    ['a,b\n1,2"3\n', 'has a double quote inside a value on line 2: put the whole value in double quotes'],
    ['a,b\n"1"x,2\n', 'has a double quote inside a value on line 2'],
  ])('of %j is refused', (table, why) => {
    const errors = errorsOf(withUnit('{ csv: t.csv }'), { tables: { 't.csv': table } });
    expect(errors).toEqual([expect.stringContaining('2:34: "t.csv" ')]);
    expect(errors[0]).toContain(why);
  });

  it('says which row makes a field wrong', () => {
    const text = withUnit('{ csv: t.csv }', "title: '${{ a }}', prompt: P, scope: ['${{ b }}']");
    expect(errorsOf(text, { tables: { 't.csv': 'a,b\nx,y\n" ",../z\n' } })).toEqual([
      '2:50: title is blank, in the unit "a-2" that it makes',
      '2:80: scope must not contain "..", in the unit "a-2" that it makes',
    ]);
  });
});

describe('a batch', () => {
  const text = [
    'version: 1',
    'units:',
    '  - id: move',
    "    forEach: { glob: 'src/**', batch: 2 }",
    '    title: Move ${{ name }} (${{ number }})',
    '    prompt: |',
    '      Move these files:',
    '      - ${{ path }} in ${{ dir }}',
    '      Unit ${{ number }}.',
    "    scope: ['${{ path }}', '${{ dir }}/x']",
    '    verify: ls ${{ path }}',
  ].join('\n');

  it('repeats the lines and scopes that name a value, and lists values elsewhere', () => {
    expect(unitsOf(text, { paths })).toMatchObject([
      {
        id: 'move-1',
        title: 'Move a, a.test (1)',
        prompt: 'Move these files:\n- src/a.js in src\n- src/a.test.js in src\nUnit 1.\n',
        scope: ['src/a.js', 'src/a.test.js', 'src/x'],
        verify: 'ls src/a.js src/a.test.js',
      },
      { id: 'move-2', title: 'Move b.test (2)', scope: ['src/b.test.js', 'src/x'] },
    ]);
  });

  it('has a title of one line that fits, whatever is in it', () => {
    const many = Array.from({ length: 100 }, (_, i) => `src/a\nlong-name-${i}.js`);
    const wide = text.replace('batch: 2', 'batch: 100').replace(/ {4}scope.*\n/, '');
    const [unit] = unitsOf(wide, { paths: many });
    expect(unit?.title).toHaveLength(200);
    expect(unit?.title).toMatch(/^Move a long-name-0, a long-name-1, [^\n]*…$/);
    expect(unit?.prompt).toContain('- src/a\nlong-name-99.js in src');
  });

  it('may be of the first items only', () => {
    const limited = text.replace('batch: 2', 'batch: 2, limit: 1');
    expect(unitsOf(limited, { paths })).toMatchObject([{ id: 'move-1', title: 'Move a (1)' }]);
  });
});

describe('needs', () => {
  const unit = (id: string, more: object) => ({ id, title: 'T', prompt: 'P', ...more });
  const planOf = (...units: object[]) => stringify({ version: 1, units });
  const each = { forEach: { glob: '*' } };

  it('are those of every unit that is made, and stand for all of them', () => {
    const text = planOf(
      unit('first', {}),
      unit('each', { ...each, needs: ['first'] }),
      unit('last', { needs: ['each'] }),
    );
    const needs = unitsOf(text, { paths: ['a', 'b'] }).map((made) => [made.id, made.needs]);
    expect(needs).toEqual([
      ['first', []],
      ['each-1', ['first']],
      ['each-2', ['first']],
      ['last', ['each-1', 'each-2']],
    ]);
  });

  it('may be neither of a unit that is made, nor in a cycle', () => {
    expect(errorsOf(planOf(unit('each', each), unit('last', { needs: ['each-1'] })))).toEqual([
      expect.stringContaining('"each-1", which is not a unit of the plan'),
    ]);
    expect(errorsOf(planOf(unit('each', { ...each, needs: ['last'] }), unit('last', { needs: ['each'] })))).toEqual([
      expect.stringContaining('in a cycle'),
    ]);
  });

  it('may not grow without end', () => {
    const many = Array.from({ length: 1000 }, (_, i) => `f${i}`);
    expect(errorsOf(planOf(unit('a', each), unit('b', { ...each, needs: ['a'] })), { paths: many })).toEqual([
      expect.stringMatching(/need 1000000 units in all: put one unit between/),
    ]);
  });

  it('tell ids apart', () => {
    expect(errorsOf(planOf(unit('each', each), unit('each-1', {})), { paths: ['a'] })).toEqual([
      expect.stringContaining('it makes a unit "each-1", and there is one with that id'),
    ]);
    expect(
      errorsOf(planOf(unit('a', each), unit('a-1', each)), { paths: Array.from({ length: 3 }, (_, i) => `f${i}`) }),
    ).toEqual([expect.stringContaining('it makes a unit "a-1"')]);
  });
});

describe('what is wrong is said, with its place', () => {
  it.each([
    ['{}', '2:27: units[0].forEach must have one of glob, csv and command'],
    ['{ glob: a, csv: b }', '2:27: units[0].forEach must have one of glob, csv and command'],
    ['{ glob: [] }', '2:35: units[0].forEach.glob must not be an empty list: name globs'],
    ['{ glob: ../a }', '2:35: units[0].forEach.glob must not contain ".."'],
    ['{ glob: a, batch: 0 }', '2:45: units[0].forEach.batch must be a whole number from 1 to 1000'],
    ['{ globs: a }', '2:29: unknown key "globs" in units[0].forEach; did you mean "glob"?'],
  ])('forEach: %s', (forEach, error) => {
    expect(errorsOf(withUnit(forEach))).toContain(error);
  });

  it('a placeholder that items have no value for, before any target is known', () => {
    expect(errorsOf(withUnit("{ glob: '*' }", "title: '${{ pat }}', prompt: P, verify: '${{ x }}'"))).toEqual([
      expect.stringMatching(
        /^2:\d+: \$\{\{ pat \}\} is not a value .* path, dir, file, name, number; did you mean "path"\?/,
      ),
      expect.stringMatching(/^2:\d+: \$\{\{ x \}\} is not a value/),
    ]);
    expect(errorsOf(withUnit('{ csv: t }', "title: '${{ b }}', prompt: P"), { tables: { t: 'a\n1\n' } })).toEqual([
      expect.stringContaining('which have a, number'),
    ]);
  });

  it('a glob that matches nothing', () => {
    expect(errorsOf(withUnit('{ glob: lib/** }'), { paths })).toEqual([
      '2:35: forEach.glob matches no file of the target',
    ]);
  });

  it('more units than a run has room for', () => {
    const many = Array.from({ length: 10_001 }, (_, i) => `f${i}`);
    expect(errorsOf(withUnit("{ glob: '*' }"), { paths: many })).toEqual([
      expect.stringMatching(/the plan makes 10001 units.*`batch`/),
    ]);
    expect(unitsOf(withUnit("{ glob: '*', limit: 10000 }"), { paths: many })).toHaveLength(10_000);
  });
});

it('makes the same units, whatever the order of the target’s files', () => {
  const text = withUnit("{ glob: '**' }", "title: '${{ path }}', prompt: P");
  expect(unitsOf(text, { paths: paths.toReversed() })).toEqual(unitsOf(text, { paths }));
});
