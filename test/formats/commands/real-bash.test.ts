// Random scripts are run by a real bash: whatever it runs must have been found before.

import { afterAll, expect, test } from 'vitest';
import fc from 'fast-check';
import { guards } from '../../../formats/commands/match.ts';
import { judgeToolCall } from '../../../formats/commands/judge.ts';
import { parseCommand } from '../../../formats/commands/parse-command.ts';
import { realBash } from './real-bash.ts';
import { rule } from './rules.ts';

const bash = realBash();
afterAll(bash.remove);

const rules = [rule('ask', 'git push:*')];
const isAsked = (command: string) => judgeToolCall(rules, { tool: 'bash', command }).decide === 'ask';
const isPush = ([program, first]: readonly string[]) => program === 'git' && first === 'push';

const quoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`;
const inBackticks = (text: string) => `\`${text.replaceAll(/[\\`$]/g, String.raw`\$&`)}\``;

/** Ways to write a word. */
const spelled = (word: string) =>
  fc.constantFrom(
    word,
    `'${word}'`,
    `"${word}"`,
    `$'${word}'`,
    `\\${word}`,
    `${word.slice(0, 1)}''${word.slice(1)}`,
    `${word.slice(0, 2)}""${word.slice(2)}`,
    `${word.slice(0, 1)}\\\n${word.slice(1)}`,
    `$'\\x${word.charCodeAt(0).toString(16)}'${word.slice(1)}`,
    `{${word},}`,
    `$(echo ${word})`,
    `\`printf ${word}\``,
    `\${none:-${word}}`,
  );

const prefix = fc.constantFrom(
  ...[
    '',
    '',
    'A=1 ',
    'A=1 B="x y" ',
    'command ',
    'env ',
    'env A=1 ',
    'env -u A ',
    'nice -n 1 ',
    'nohup ',
    'timeout 9 ',
  ],
  ...[
    'timeout -k 1 9 ',
    'builtin command ',
    '>/dev/null ',
    '2>&1 ',
    'stdbuf -oL ',
    'setsid -w ',
    'xargs -r -n1 ',
    '! ',
  ],
  ...[
    'time ',
    'time -p ',
    'command -p env ',
    'exec ',
    'exec -a x ',
    'bash -c \'"$@"\' _ ',
    'find . -maxdepth 0 -exec ',
  ],
);

const push = fc
  .tuple(prefix, spelled('git'), fc.constantFrom(' ', '\t', ' \\\n', ' >/dev/null '), spelled('push'))
  .map(([before, git, space, word]) => {
    // It would come from the path of the machine, with the names of the real programs.
    const own = before.replace('command -p env', 'command env');
    if (own.startsWith('xargs')) return `echo x | ${own}${git}${space}${word}`;
    return `${own}${git}${space}${word}${own.startsWith('find') ? ' \\;' : ''}`;
  });

let delimiters = 0;

/** Ways to run a script within another one. */
const ways: readonly ((script: string) => string)[] = [
  (s) => `( ${s}\n)`,
  (s) => `{\n${s}\n}`,
  (s) => `true && {\n${s}\n}`,
  (s) => `false || {\n${s}\n} > /dev/null`,
  (s) => `if true; then\n${s}\nfi`,
  (s) => `if false; then :; elif true; then\n${s}\nfi`,
  (s) => `if\n( ${s}\n)\nthen :; fi`,
  (s) => `for i in 1; do\n${s}\ndone`,
  (s) => `for ((i = 0; i < 1; i++)); do\n${s}\ndone`,
  (s) => `while true; do\n( ${s}\n)\nbreak; done`,
  (s) => `case x in (x)\n${s}\n;; esac`,
  (s) => `f() {\n${s}\n}\nf`,
  (s) => `function g {\n${s}\n}\ng a b`,
  (s) => `echo $(\n${s}\n)`,
  (s) => `echo "a $(\n${s}\n) b"`,
  (s) => `x=$(\n${s}\n)`,
  (s) => `echo ${inBackticks(`\n${s}\n`)}`,
  (s) => `echo "\${none:-$(\n${s}\n)}"`,
  (s) => `: $((1 + $(\n${s}\n) 0))`,
  (s) => `[[ -z $(\n${s}\n) ]]`,
  (s) => `cat <(\n${s}\n)`,
  (s) => `cat < <(\n${s}\n)`,
  (s) => `cat <<E${(delimiters += 1)}\n$(\n${s}\n)\nE${delimiters}`,
  (s) => `cat <<< "$(\n${s}\n)"`,
  (s) => `eval ${quoted(s)}`,
  (s) => `bash -c ${quoted(s)}`,
  (s) => `env A=1 bash -ec ${quoted(s)}`,
  (s) => `sh -c 'eval "$1"' _ ${quoted(s)}`,
  (s) => `X=${quoted(s)}\neval "$X"`,
  (s) => `X=${quoted(s)}\nbash -c "$X"`,
  (s) => `bash <<'E${(delimiters += 1)}'\n${s}\nE${delimiters}`,
  (s) => `bash <<< ${quoted(s)}`,
  (s) => `printf '%s\\n' ${quoted(s)} | sh`,
  (s) => `source <(printf %s ${quoted(s)})`,
  (s) => `(trap ${quoted(s)} EXIT)`,
  (s) => `{\n${s}\n} & wait`,
  (s) => `true | {\n${s}\n}`,
  (s) => `# comment '\n${s}\n# "comment`,
  (s) => `xargs -n1 sh -c ${quoted(s)} < /dev/null`,
];

const nested = fc
  .tuple(push, fc.array(fc.constantFrom(...ways), { maxLength: 4 }))
  .map(([script, around]) => around.reduce((inner, way) => way(inner), script));

test('a push is found however it is quoted, wrapped and nested, and bash runs it', () => {
  fc.assert(
    fc.property(nested, (script) => {
      expect(bash.run(script).some(isPush), 'bash runs it').toBe(true);
      expect(isAsked(script)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

const words = [
  'git',
  'push',
  'log',
  'a',
  '$X',
  '"$X"',
  '$Y',
  '${X:-git}',
  '"$@"',
  '$1',
  '"${Z[@]}"',
  '"${Z[*]}"',
  '"$*"',
  '$*',
  '$(echo git)',
  'p*h',
  '{a,push}',
];
const word = fc.constantFrom(...words);

/** Parts of scripts in which variables, arguments, functions and aliases decide what is run. */
const part: fc.Arbitrary<string> = fc.oneof(
  { depthSize: 'small', withCrossShrink: true },
  fc
    .tuple(fc.constantFrom('git', '$X', '"$X"', '$Y', 'f', '"$@"', '"${Z[@]}"', '${Z[0]}', '$1', 'g'), word, word)
    .map((all) => all.join(' ')),
  fc.tuple(fc.constantFrom('X', 'Y', 'export X', 'X+', 'local X'), word).map(([name, value]) => `${name}=${value}`),
  fc.tuple(word, word).map((all) => `Z=(${all.join(' ')})`),
  fc.tuple(word).map(([value]) => `Z+=(${value})`),
  fc.tuple(word, word).map((all) => `set -- ${all.join(' ')}`),
  fc.constantFrom(
    'shift',
    'unset X',
    'unset "Z[0]"',
    'Z=git',
    'readonly Y=git',
    'export X Y',
    'X=ls',
    'X=',
    "X='git push'",
    'IFS=,',
    'X=git,push',
    'alias g=git',
    'shopt -s expand_aliases',
  ),
  fc.constantFrom(
    'read X <<< push',
    'read X Y <<< "git push"',
    'printf -v X push',
    'echo push | read X',
    'shopt -s lastpipe',
  ),
  fc.constantFrom('bash -c "$*"', 'eval "${Z[*]}"', 'bash -c "${*:-git push}"', 'sh -c "$X $*"', 'read X < f; git $X'),
  fc.constantFrom('echo git push > f; $(<f)', 'echo push > f; X=$(<f); git $X', 'eval "$(<f)"', 'eval "$(< f; :)"'),
  fc.constantFrom("eval 'X=push'", 'eval "$X $Y"', 'bash -c "$X"', "X=push bash -c 'git $X'", 'echo "$X push" | sh'),
  fc.constantFrom(
    'source /dev/stdin <<< X=push',
    ': ${X:=push}',
    ': ${Y=git}',
    '((1)) && X=push',
    '[ -n "$X" ] && Y=$X',
  ),
  fc.tuple(word, word).map((all) => `f() { ${all.join(' ')} "$1"; }`),
  fc.constantFrom(
    'f() { local X=push; $X; git $X; }',
    'f() { X=push; }',
    'f() { set -- git push; "$@"; }',
    'f',
    'f push',
  ),
);

const compound = fc.letrec<{ script: string; block: string }>((tie) => ({
  script: fc
    .array(fc.oneof({ weight: 3, arbitrary: part }, { weight: 1, arbitrary: tie('block') }), {
      minLength: 1,
      maxLength: 6,
    })
    .map((all) => all.join('\n')),
  block: fc.oneof(
    { depthSize: 'small' },
    tie('script').map((s) => `if a; then\n${s}\nfi`),
    tie('script').map((s) => `if a; then\n:\nelse\n${s}\nfi`),
    tie('script').map((s) => `false || {\n${s}\n}`),
    tie('script').map((s) => `false && {\n${s}\n}`),
    tie('script').map((s) => `for X in git push; do\n${s}\ndone`),
    tie('script').map((s) => `for Y in 1 2; do\n${s}\ndone`),
    tie('script').map((s) => `(\n${s}\n)`),
    tie('script').map((s) => `true | {\n${s}\n}`),
    tie('script').map((s) => `case $X in git)\n${s}\n;; *)\n${s}\n;; esac`),
    tie('script').map((s) => `Y=$(\n${s}\n)`),
  ),
})).script;

test('whatever bash runs has been found', () => {
  fc.assert(
    fc.property(compound, (script) => {
      const { commands, unknown } = parseCommand(script);
      const missed = bash.run(script).filter(([program = '', ...rest]) => {
        const pattern = { kind: 'command', tool: 'bash', words: [program, ...rest], open: true } as const;
        return unknown === null && !commands.some((command) => guards(pattern, command) > 0);
      });
      expect(missed).toEqual([]);
    }),
    { numRuns: 60 },
  );
});
