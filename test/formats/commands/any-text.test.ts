// No text makes parsing throw, and what only talks of a command is not the command.

import { expect, test } from 'vitest';
import fc from 'fast-check';
import { longestScript } from '../../../formats/commands/command.ts';
import { judgeToolCall } from '../../../formats/commands/judge.ts';
import { parseCommand } from '../../../formats/commands/parse-command.ts';
import { rule } from './rules.ts';

const rules = [rule('ask', 'git push:*', 'npm *', 'rm -rf:*', 'a b c')];

/** Pieces of syntax, in any order. */
const pieces = [
  ...[
    '$(',
    ')',
    '`',
    '"',
    "'",
    "$'",
    '${',
    '}',
    '{',
    ',',
    '((',
    '))',
    '[[',
    ']]',
    '<<E',
    '<<-E',
    '\nE\n',
    '<<<',
    '<(',
    '>(',
  ],
  ...[
    '|',
    '||',
    '&',
    '&&',
    ';',
    ';;',
    '\n',
    ' ',
    '\\',
    '\\\n',
    '#',
    '$',
    '*',
    '?',
    '[',
    ']',
    '=',
    '+=',
    '~',
    '!',
    '-',
    '--',
  ],
  ...[
    'if ',
    'then ',
    'else ',
    'fi ',
    'for x in ',
    'do ',
    'done ',
    'case x in ',
    'esac ',
    'while ',
    'f() ',
    'function ',
    'time ',
  ],
  ...[
    'eval ',
    'bash -c ',
    'sh ',
    'source ',
    'alias a=',
    'xargs ',
    'find . -exec ',
    'env ',
    'sudo ',
    'trap ',
    'set -- ',
    'shift ',
  ],
  ...[
    'git push',
    'X=',
    '$X',
    '"$@"',
    '${X:-',
    '${X[@]}',
    '{1..9}',
    'a',
    '0',
    '\u0000',
    '\uD800',
    'é',
    '\r',
    '\t',
    'coproc ',
  ],
];

const anyText = fc.oneof(
  fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((all) => all.join('')),
  fc.string({ unit: 'binary', maxLength: 200 }),
);

test('no text makes it throw', () => {
  fc.assert(
    fc.property(anyText, (command) => {
      const { commands } = parseCommand(command);
      expect(commands.every(({ fields }) => fields.length > 0)).toBe(true);
      expect(['allow', 'ask']).toContain(judgeToolCall(rules, { tool: 'bash', command }).decide);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ['$('],
  ['"$('],
  ['<('],
  ['${a:-'],
  ['`'],
  ['{a,b}'],
  ['{a,'],
  ['<<A '],
  ['$(<<A;'],
  ['if '],
  ['case x in ('],
  ['x() { '],
  ['$((1+('],
  ['a[$('],
  ['env '],
  ['$x '],
  ['-a '],
  ['\\\n'],
  ['X=$X$X\n'],
  ['a=("${a[@]}" "${a[@]}")\n'],
  ['if a; then X=b; fi; $X$X$X;'],
  ['eval "'],
  ['find . -exec a \\; '],
  ['f() { f; f; }; f\n'],
  ['export A=$('],
])('%j many times is followed or given up, but always answered', (piece) => {
  const command = `foo ${piece.repeat(Math.floor(20_000 / piece.length))}`;
  expect(parseCommand(command)).toMatchObject({ commands: expect.any(Array) });
  expect(['allow', 'ask']).toContain(judgeToolCall(rules, { tool: 'bash', command }).decide);
});

test.each([
  ['sudo ', '-z a '],
  ['timeout ', '--k a '],
  ['bwrap ', 'bwrap --x '],
  ['parallel {} {} ::: ', 'a '],
  ['concurrently ', "'a b' "],
  ['git submodule ', '-q '],
  ['X=(a b);', 'X=$X;'],
  ['readonly X=1;', 'X=a$X;'],
  ['X=1;', 'bash -c a;'],
])('%j with %j many times is followed or given up, but always answered', (start, piece) => {
  const command = `${start}${piece.repeat(Math.floor((longestScript - start.length) / piece.length))}`;
  expect(['allow', 'ask']).toContain(judgeToolCall(rules, { tool: 'bash', command }).decide);
});

test('functions that call each other ever more often are given up', () => {
  const functions = Array.from({ length: 30 }, (_, i) => `f${i}() { f${i + 1}; f${i + 1}; }`);
  expect(parseCommand(`${functions.join('\n')}\nf0`).unknown).toBe('it is too long to be followed');
});

test('a script is followed up to a length', () => {
  const line = 'echo "a $(b)" | c\n';
  const script = line.repeat(Math.floor(longestScript / line.length));
  expect(parseCommand(script)).toMatchObject({ unknown: null, commands: { length: 3 } });
  expect(parseCommand(`${script}${line}`)).toEqual({ commands: [], unknown: 'it is too long to be followed' });
});

test('what a mistake follows is known, as bash runs it', () => {
  const { commands, unknown } = parseCommand('git push\nnpm test\n)\nrm -rf x');
  expect(unknown).toMatch(/^it cannot be parsed: /);
  expect(commands.map(({ words }) => words)).toEqual([
    ['git', 'push'],
    ['npm', 'test'],
  ]);
});

test('words that are not known are null, and the text is as it was written', () => {
  const { commands } = parseCommand('sudo git  -C "$DIR" push "$(date)"');
  expect(commands.map(({ words, text }) => ({ words, text }))).toEqual([
    { words: ['date'], text: 'date' },
    { words: ['sudo', 'git', '-C', null, 'push', null], text: 'sudo git  -C "$DIR" push "$(date)"' },
    { words: ['git', '-C', null, 'push', null], text: 'git -C … push …' },
  ]);
});

const quoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** Commands that only have the words of a push as data. */
const data = fc.constantFrom(
  'git push',
  'git push origin main',
  'cd x && git push',
  '$(git push)',
  '`git push`',
  "it's git push",
);
const ordinary = fc
  .tuple(
    data,
    fc.constantFrom<(text: string) => string>(
      (text) => `echo ${quoted(text)}`,
      (text) => `printf '%s\\n' ${quoted(text)} > f`,
      (text) => `grep -rn ${quoted(text)} .`,
      (text) => `git commit -m ${quoted(text)}`,
      (text) => `git log --grep ${quoted(text)}`,
      (text) => `cat > f <<'E'\n${text}\nE`,
      (text) => `python3 - <<'E'\n${text}\nE`,
      (text) => `git commit -F - <<'E'\n${text}\nE`,
      (text) => `git commit -m "$(cat <<'E'\n${text}\nE\n)"`,
      (text) => `sed -i ${quoted(`s/x/${text}/`)} f`,
      (text) => `node -e ${quoted(text)}`,
      (text) => `X=${quoted(text)}; echo "$X"`,
      (text) => `for x in ${quoted(text)}; do echo "$x"; done`,
      (text) => `[[ $x == ${quoted(text)} ]] && echo y`,
      (text) => `case x in ${quoted(text)}) echo y;; esac`,
      (text) => `bash -c 'echo "$1"' _ ${quoted(text)}`,
      (text) => `: # ${text}`,
      (text) => `echo ${quoted(text)} | tee f | wc -l`,
      (text) => `jq --arg x ${quoted(text)} . f`,
    ),
  )
  .map(([text, use]) => use(text));
const around = fc.constantFrom<(script: string) => string>(
  (s) => s,
  (s) => `cd x && {\n${s}\n}`,
  (s) => `if true; then\n${s}\nfi`,
  (s) => `(\n${s}\n) > log 2>&1`,
  (s) => `for i in *.ts; do\n${s}\ndone`,
  (s) => `f() {\n${s}\n}\nf`,
  (s) => `x=$(\n${s}\n)`,
  (s) => `bash -c ${quoted(s)}`,
  (s) => `${s}\ntrue`,
);

test('scripts that only have a push as data are never taken for one', () => {
  const pushes = [rule('ask', 'git push:*')];
  fc.assert(
    fc.property(fc.tuple(ordinary, fc.array(around, { maxLength: 3 })), ([script, ways]) => {
      const command = ways.reduce((inner, way) => way(inner), script);
      expect(judgeToolCall(pushes, { tool: 'bash', command })).toEqual({ decide: 'allow' });
    }),
    { numRuns: 300 },
  );
});
