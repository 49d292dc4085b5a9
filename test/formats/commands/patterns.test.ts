// The grammar of patterns, and their errors.

import { expect, test } from 'vitest';
import { readToolPattern } from '../../../formats/commands/patterns.ts';

test.each([
  ['bash(npm test)', { kind: 'command', tool: 'bash', words: ['npm', 'test'], open: false }],
  ['bash(git push:*)', { kind: 'command', tool: 'bash', words: ['git', 'push'], open: true }],
  ['bash(git push *)', { kind: 'command', tool: 'bash', words: ['git', 'push'], open: true }],
  ['Bash(git push:*)', { kind: 'command', tool: 'bash', words: ['git', 'push'], open: true }],
  [' bash( git  push ) ', { kind: 'command', tool: 'bash', words: ['git', 'push'], open: false }],
  ['bash(npm run test:unit)', { kind: 'command', tool: 'bash', words: ['npm', 'run', 'test:unit'], open: false }],
  ['bash(git * main)', { kind: 'command', tool: 'bash', words: ['git', '*', 'main'], open: false }],
  ['bash(*)', { kind: 'command', tool: 'bash', words: [], open: true }],
  ['bash(:*)', { kind: 'command', tool: 'bash', words: [], open: true }],
  ['bash', { kind: 'tool', tool: 'bash' }],
  ['edit', { kind: 'tool', tool: 'edit' }],
  ['str_replace_based_edit_tool', { kind: 'tool', tool: 'edit' }],
  ['Write(src/**)', { kind: 'path', tool: 'edit', glob: 'src/**' }],
  ['edit(src/payments/**)', { kind: 'path', tool: 'edit', glob: 'src/payments/**' }],
  ['edit(app/(admin)/**)', { kind: 'path', tool: 'edit', glob: 'app/(admin)/**' }],
  ['report', { kind: 'tool', tool: 'report' }],
])('%j is read', (text, pattern) => {
  expect(readToolPattern(text)).toEqual({ kind: 'pattern', pattern });
});

test.each([
  ['', 'is empty'],
  ['   ', 'is empty'],
  ['bash(git push', 'lacks its `)`'],
  ['bash()', 'has nothing between its parentheses'],
  ['(git push)', 'names no tool'],
  ['git push:*', 'did you mean "bash(git push:*)"?'],
  ['bsh(git push)', 'did you mean "bash"?'],
  ['edt(src/**)', 'did you mean "edit"?'],
  ['browser(x)', 'there are bash'],
  ['report(x)', 'cannot have a pattern'],
  ['bash(git push:* --force)', 'only at its end'],
  ['bash(git push*)', 'as in "bash(git push:*)"'],
  ['bash(git push && npm test)', 'plain words'],
  ['bash("git" push)', 'plain words'],
  ['bash(echo $HOME)', 'plain words'],
  ['edit(/etc/**)', 'within the repository'],
  ['edit(../x)', 'within the repository'],
  ['edit({a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b})', 'more than 1000'],
])('%j is refused: %s', (text, message) => {
  const reading = readToolPattern(text);
  expect(reading.kind === 'error' ? reading.message : reading).toContain(message);
});

test('tools that others know can be named', () => {
  expect(readToolPattern('deploy')).toMatchObject({ kind: 'error' });
  expect(readToolPattern('deploy', ['deploy'])).toEqual({ kind: 'pattern', pattern: { kind: 'tool', tool: 'deploy' } });
});
