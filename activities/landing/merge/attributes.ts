// The `.gitattributes` of a tree as one list, for git where it has no worktree to read them from.
// Safe to run twice: it only reads.

import type { Sha } from '../../../contracts/ids.ts';
import { bytesOf, listFiles, textOf } from '../../../git/trees.ts';
import { isFileMode } from '../../../domain/repository/file-modes.ts';
import { readObject } from '../../../git/object-reader.ts';

/** Patterns of folders are anchored there, and deeper ones come later (they win). */
export async function attributesOf(gitDir: string, tree: Sha): Promise<string> {
  const files = (await listFiles(gitDir, tree))
    .map(({ path, ...entry }) => ({ ...entry, names: path.split('/') }))
    .filter(({ names, mode }) => names.at(-1) === '.gitattributes' && isFileMode(mode))
    .toSorted((a, b) => a.names.length - b.names.length);
  const lines: string[] = [];
  for (const { names, id } of files) {
    const content = (await readObject(gitDir, id))?.content.toString('latin1') ?? '';
    const folder = names.slice(0, -1).join('/');
    for (const line of content.replace(/^\xEF\xBB\xBF/, '').split('\n')) lines.push(anchor(line, folder));
  }
  return lines.join('\n');
}

/** Empty for what git ignores in a folder: comments, macros and negated patterns. In the encoding of trees. */
function anchor(line: string, folder: string): string {
  const rule = line.replace(/^[ \t\r]+/, '');
  if (folder === '' || rule === '' || rule.startsWith('#')) return textOf(rule);
  const [whole = '', quoted] = quotedPattern.exec(rule) ?? /^[^ \t\r]+/.exec(rule) ?? [];
  const pattern = quoted === undefined ? whole : unquote(quoted);
  if (pattern.startsWith('!') || /^\[attr\]./s.test(pattern)) return '';
  const place = folder.replaceAll(/[*?[\\]/g, String.raw`\$&`);
  const below = pattern.includes('/') ? pattern.replace(/^\//, '') : `**/${pattern}`;
  // With a slash in front, no name of a folder is taken for the start of a negated pattern or of a macro.
  return `"${quote(`/${place}/${below}`)}" ${textOf(rule.slice(whole.length))}`;
}

/** As git quotes names in C's way. */
const quotedPattern = /^"((?:[^"\\]|\\(?:[abfnrtv"\\]|[0-3][0-7]{2}))*)"/;

const controls: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

function unquote(text: string): string {
  return text.replaceAll(/\\([0-7]{3}|.)/gs, (_, sign: string) =>
    sign.length === 3 ? String.fromCodePoint(Number.parseInt(sign, 8)) : (controls[sign] ?? sign),
  );
}

/** Only what must be, because git ignores lines of more than 2,048 bytes. */
function quote(path: string): string {
  const text = textOf(path);
  // eslint-disable-next-line no-control-regex
  const signs = bytesOf(text) === path ? /["\\\x00-\x1f\x7f]/g : /["\\\x00-\x1f\x7f-\xff]/g;
  const quoted = (sign: string): string =>
    sign === '"' || sign === '\\' ? `\\${sign}` : `\\${sign.charCodeAt(0).toString(8).padStart(3, '0')}`;
  return textOf(path.replaceAll(signs, quoted));
}
