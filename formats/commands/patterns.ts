// The patterns of rules about tools: `TOOL`, or `TOOL(PATTERN)`, where the pattern is about the command of a shell or
// the paths of an editor.
//
//   bash(npm test)        these words and no others
//   bash(git push:*)      a command that begins with these words; `bash(git push *)` is the same
//   bash(npm * build)     `*` between words stands for any one word
//   bash, bash(*)         every command
//   edit(src/**)          edits of paths that the glob matches

import { alternativesOf, mostAlternatives } from '../globs/syntax.ts';
import { quote, suggest } from '../yaml/wording.ts';
import { ruleNameOf, toolNames } from '../../contracts/tool-names.ts';

export type ToolPattern =
  /** Every call of the tool. */
  | { readonly kind: 'tool'; readonly tool: string }
  /** `words` may hold `*`; `open` = any further words may follow. */
  | { readonly kind: 'command'; readonly tool: 'bash'; readonly words: readonly string[]; readonly open: boolean }
  | { readonly kind: 'path'; readonly tool: 'edit'; readonly glob: string };

export type PatternReading =
  | { readonly kind: 'pattern'; readonly pattern: ToolPattern }
  | { readonly kind: 'error'; readonly message: string };

/** Coppice's own tools, which no rule about tools decides about, and what they do. */
export const ownTools: ReadonlyMap<string, string> = new Map([
  ['ask_person', 'asks people a question, which rules with `action: question` are about'],
  ['report', 'only tells how the work went, and no rule is about that'],
]);

/** `bash(*)` is `bash`. */
export function isEveryCall(read: ToolPattern): boolean {
  return read.kind === 'tool' || (read.kind === 'command' && read.words.length === 0);
}

/** Reads a pattern; `others` are the names of further tools. */
export function readToolPattern(text: string, others: readonly string[] = []): PatternReading {
  const open = text.indexOf('(');
  const name = (open === -1 ? text : text.slice(0, open)).trim();
  if (text.trim() === '') return error('is empty: name a tool, as in `bash(git push:*)`');
  if (name === '') return error('names no tool: write `bash(…)`');
  if (open !== -1 && !text.trimEnd().endsWith(')')) return error('lacks its `)`');
  const tool = ruleNameOf(name);
  if (!Object.hasOwn(toolNames, name) && !others.includes(name)) return unknownTool(name, others);
  if (open === -1) return pattern({ kind: 'tool', tool });
  const inside = text
    .trimEnd()
    .slice(open + 1, -1)
    .trim();
  if (inside === '') return error(`has nothing between its parentheses: \`${name}\` alone is every call`);
  if (tool === 'bash') return readCommand(inside);
  if (tool === 'edit') return readGlob(inside);
  return error(`cannot have a pattern: only \`bash\` and \`edit\` can, ${quote(name)} alone is every call`);
}

function pattern(read: ToolPattern): PatternReading {
  return { kind: 'pattern', pattern: read };
}

function error(message: string): PatternReading {
  return { kind: 'error', message };
}

function unknownTool(name: string, others: readonly string[]): PatternReading {
  const known = [...Object.keys(toolNames).filter((each) => !ownTools.has(each)), ...others];
  const suggestion = suggest(name, known);
  if (suggestion !== '') return error(`names the unknown tool ${quote(name)}${suggestion}`);
  if (/\s/.test(name)) return error(`does not begin with a tool; did you mean ${quote(`bash(${name})`)}?`);
  return error(`names the unknown tool ${quote(name)}; there are ${known.join(', ')}`);
}

function readCommand(inside: string): PatternReading {
  const open = /(?:^|\s)\*$|:\*$/.test(inside);
  const text = open ? inside.replace(/:?\*$/, '').trim() : inside;
  const words = text === '' ? [] : text.split(/\s+/);
  if (words.some((word) => word.endsWith(':*'))) return error('may have `:*` only at its end');
  const script = words.find((word) => /["'`$;&|<>()\\]/.test(word));
  if (script !== undefined) {
    return error(
      `holds ${quote(script)}: a pattern is plain words, which are compared after the shell has read its quotes`,
    );
  }
  const partly = words.find((word) => word !== '*' && word.includes('*'));
  if (partly !== undefined) {
    const without = words.map((word) => word.replaceAll('*', '')).join(' ');
    return error(`holds ${quote(partly)}: \`*\` stands for whole words, as in ${quote(`bash(${without}:*)`)}`);
  }
  return pattern({ kind: 'command', tool: 'bash', words, open });
}

function readGlob(glob: string): PatternReading {
  if (glob.startsWith('/') || glob.startsWith('~') || glob.split('/').includes('..')) {
    return error('must name paths within the repository, as in `edit(src/**)`');
  }
  if (alternativesOf(glob) > mostAlternatives) return error(`stands for more than ${mostAlternatives} globs`);
  return pattern({ kind: 'path', tool: 'edit', glob });
}
