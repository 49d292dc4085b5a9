// Coppice works on its own repository: five units on a clone of this checkout's HEAD, set up by our coppice.yaml (npm
// with native dependencies, a Temporal server inside the sandbox). `npm run drill:self` verifies with all our checks;
// the suite uses those that take seconds.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Report } from '../../contracts/documents/report.ts';
import { Stack } from '../e2e/stack.ts';
import { byUnit, said, steps } from '../e2e/scripts.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));

/** Our own, with another `verify`. */
const inSeconds = readFileSync(join(checkout, 'coppice.yaml'), 'utf8').replace(
  /^verify:\n(?: .*\n)+/m,
  `verify:
  - npm run check:format
  - XDG_CACHE_HOME=$PWD/.cache npx vitest run test/domain/dag.test.ts test/domain/roman.test.ts
`,
);

/** Written in another style than ours on purpose: the check is red, and its output comes back. */
const careless = 'export function roman(n:number){ return "I".repeat(n) }';
const careful = `// Roman numerals, as a try.

export function roman(n: number): string {
  return 'I'.repeat(n);
}
`;
const romanTest = `import { expect, it } from 'vitest';
import { roman } from '../../domain/roman.ts';

it('writes three', () => {
  expect(roman(3)).toBe('III');
});
`;

function write(path: string, text: string): string {
  return `cat > ${path} <<'EOF'\n${text}\nEOF\n`;
}

const formatted = 'npx oxfmt domain/roman.ts test/domain/roman.test.ts';

function changelog(line: string) {
  return (request: Parameters<typeof said>[0]) =>
    steps(
      `sed -i '0,/^### Added$/s//### Added\\n\\n- ${line}/' CHANGELOG.md && npx oxfmt CHANGELOG.md`,
      ...(said(request).includes('conflict')
        ? [
            'true',
            "sed -i -e '/^<<<<<<< /d' -e '/^=======$/d' -e '/^>>>>>>> /d' CHANGELOG.md && npx oxfmt CHANGELOG.md",
          ]
        : []),
    )(request);
}

let stack: Stack;

beforeAll(async () => {
  const reply = byUnit({
    roman: ({ turn }) => {
      const commands = [
        write('domain/roman.ts', careless) + write('test/domain/roman.test.ts', romanTest),
        null,
        write('domain/roman.ts', careful) + formatted,
      ];
      const command = commands[turn] ?? null;
      return command === null ? { text: 'Done.' } : { tools: [{ name: 'bash', input: { command } }] };
    },
    longer: steps(
      `sed -i "s/roman(3)).toBe('III')/roman(2)).toBe('II')/" test/domain/roman.test.ts && git diff --stat`,
    ),
    glossary: steps(
      'printf "\\nA numeral is a number in letters.\\n" >> docs/glossary.md && npx oxfmt docs/glossary.md',
    ),
    'changelog-a': changelog('Roman numerals.'),
    'changelog-b': changelog('A numeral in the glossary.'),
  });
  stack = await Stack.start({ reply, files: { 'README.md': 'replaced below\n' } });
  execFileSync('git', ['-C', checkout, 'push', '--quiet', '--force', stack.remote, 'HEAD:refs/heads/main']);
  if (process.env['COPPICE_OWN_CHECKS'] !== 'all') stack.commit('Verify in seconds', { 'coppice.yaml': inSeconds });
  await stack.worker('host-1', ['--slots', '3', '--verify-slots', '1']);
}, 120_000);
afterAll(() => stack.close());

test(
  'lands five units on a clone of this repository, set up and verified as it says itself',
  { timeout: 900_000 },
  async () => {
    const unit = (id: string, rest: object = {}) => ({ id, title: `Try ${id}`, prompt: `Do ${id}.`, ...rest });
    const plan = stack.plan([
      unit('roman', { scope: ['domain/**', 'test/domain/**'] }),
      unit('longer', { needs: ['roman'] }),
      unit('glossary', { scope: ['docs/**'] }),
      unit('changelog-a'),
      unit('changelog-b'),
    ]);
    const report = await stack.json<Report>(['run', plan, '--repo', stack.remote, '--id', 'own']);
    expect(report.units.map(({ id, status, reason }) => [id, status, reason])).toEqual([
      ['roman', 'landed', null],
      ['longer', 'landed', null],
      ['glossary', 'landed', null],
      ['changelog-a', 'landed', null],
      ['changelog-b', 'landed', null],
    ]);
    expect(report.conflicts).toMatchObject({ met: 1, resolvedByAgent: 1 });
    // Two answers wrote it the careless way, two more after the check had come back red.
    expect(report.units[0]?.turns).toBe(4);
    expect(stack.show('domain/roman.ts')).toContain('n: number): string');
    expect(stack.show('CHANGELOG.md')).toMatch(
      /Roman numerals\.[^]*A numeral in the glossary\.|A numeral in the glossary\.[^]*Roman numerals\./,
    );
  },
);
