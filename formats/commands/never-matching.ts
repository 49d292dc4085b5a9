// Patterns that can be read, and that no call could ever match. They are errors where a configuration is read; one that was
// pinned before goes on without.

import { type ToolPattern, ownTools } from './patterns.ts';
import { quote } from '../yaml/wording.ts';

/** Words that the shell takes for itself at the beginning of a command. */
const keywords: ReadonlySet<string> = new Set([
  ...['if', 'then', 'else', 'elif', 'fi', 'for', 'while', 'until', 'do', 'done', 'case', 'esac', 'select'],
  ...['function', 'time', 'coproc', '!', '{', '[['],
]);

/** Continues the name of the field; null = some call may match. */
export function explainNeverMatching(pattern: ToolPattern): string | null {
  if (pattern.kind === 'tool') {
    const what = ownTools.get(pattern.tool);
    return what === undefined ? null : `names ${pattern.tool}, which ${what}: remove it`;
  }
  if (pattern.kind !== 'command') return null;
  const { words, open } = pattern;
  const at = words.findIndex((word) => !isAssignment(word) && !keywords.has(word));
  if (at === 0 || words.length === 0) return null;
  const first = quote(words[0] ?? '');
  const what = isAssignment(words[0] ?? '')
    ? `begins with the assignment ${first}, and commands are compared without those before them`
    : `begins with ${first}, which belongs to the shell and is no command`;
  const rest = at === -1 ? '' : words.slice(at).join(' ');
  return `${what}: ${rest === '' ? 'name a command' : `write ${quote(`bash(${rest}${open ? ':*' : ''})`)}`}`;
}

function isAssignment(word: string): boolean {
  return /^[A-Za-z_]\w*(\[[^\]]*\])?\+?=/.test(word);
}
