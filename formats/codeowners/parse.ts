// CODEOWNERS: text in; out comes who owns a path. The last line that matches counts, in GitLab's files the last of each
// section. What the server would not take is never skipped, as GitHub does, because the path would then be owned by
// others or by nobody: whoever asks learns that the line cannot be read.

import type { Pattern } from '../globs/path-globs.ts';
import { type PatternIndex, addPattern, lastMatch } from './pattern-index.ts';
import { type CodeownersFile, maxCodeownersBytes } from './file.ts';
import { type Dialect, readPattern } from './pattern.ts';

/** What one line says of a path: any one of these owners, or several, must agree. */
export interface Claim {
  readonly line: number;
  /** `@name`, `@org/team` or addresses, as written; never none. */
  readonly owners: readonly string[];
  /** How many of them must agree: GitLab's `[Section][2]`. */
  readonly count: number;
  /** Why the line cannot be read, so that nobody is known to own the path; null = it can. */
  readonly problem: string | null;
}

export interface Codeowners {
  readonly file: string;
  readonly problem?: never;
  /** Those who own a path: one claim for each section that is about it; none = nobody owns it. */
  claimsOn(path: string): readonly Claim[];
}

/** A file that cannot be read at all, or that is not there. */
export interface UnreadableCodeowners {
  readonly problem: string;
}

export type OwnersOfPaths = Codeowners | UnreadableCodeowners;

export function readCodeowners(found: CodeownersFile | null): OwnersOfPaths {
  if (found === null) return { problem: 'the target has no CODEOWNERS' };
  const { file, text, problem } = found;
  if (problem !== undefined) return { problem: `${file} ${problem}` };
  if (Buffer.byteLength(text) > maxCodeownersBytes) return { problem: `${file} is larger than 3 MiB` };
  const read = readSections(text.replace(/^\uFEFF/, ''), file);
  if ('problem' in read) return read;
  const required = read.sections.filter(({ isOptional }) => !isOptional);
  const known = new Map<string, readonly Claim[]>();
  return {
    file,
    claimsOn(path) {
      const claims = known.get(path) ?? required.flatMap((section) => claimOf(section, path));
      known.set(path, claims);
      return claims;
    },
  };
}

interface Line extends Omit<Claim, 'count'> {
  readonly pattern: Pattern;
  readonly isExclusion: boolean;
}

interface Section {
  isOptional: boolean;
  count: number;
  readonly lines: PatternIndex<Line>;
  readonly exclusions: PatternIndex<Line>;
}

const heading = /^(\^)?\[([^\]]+)\](?:\[(\d{1,4})\])?(?:\s+(.*))?$/;

function readSections(text: string, file: string): { readonly sections: readonly Section[] } | UnreadableCodeowners {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const dialect = dialectOf(file, lines);
  const sections = new Map<string, Section>();
  let section = sectionNamed(sections, '', { isOptional: false, count: 1 });
  let usual: readonly string[] = [];
  for (const [index, line] of lines.entries()) {
    if (line === '' || line.startsWith('#')) continue;
    if (dialect === 'gitlab' && /^\^?\[[^\]]*$/.test(line))
      return { problem: `line ${index + 1} of ${file} has a heading of a section without its "]"` };
    const [, optional, name, count, rest = ''] = (dialect === 'gitlab' ? heading.exec(line) : null) ?? [];
    if (name === undefined) {
      const read = readLine(line, index + 1, { dialect, usual });
      addPattern(read.isExclusion ? section.exclusions : section.lines, read);
      continue;
    }
    const given = { isOptional: optional !== undefined, count: Math.max(1, Number(count ?? 1)) };
    section = sectionNamed(sections, name.trim().toLowerCase(), given);
    usual = tokensOf(rest);
  }
  return { sections: [...sections.values()] };
}

/** GitHub alone reads `.github/`, and GitLab alone `.gitlab/`; elsewhere, sections are GitLab's. */
function dialectOf(file: string, lines: readonly string[]): Dialect {
  if (file.startsWith('.github/')) return 'github';
  return file.startsWith('.gitlab/') || lines.some((line) => heading.test(line)) ? 'gitlab' : 'github';
}

/** Sections of the same name are one: optional only if it is everywhere, with the highest count. */
function sectionNamed(
  sections: Map<string, Section>,
  name: string,
  { isOptional, count }: Pick<Section, 'isOptional' | 'count'>,
): Section {
  const known = sections.get(name);
  if (known !== undefined) {
    known.isOptional &&= isOptional;
    known.count = Math.max(known.count, count);
    return known;
  }
  const section = { isOptional, count, lines: new Map(), exclusions: new Map() };
  sections.set(name, section);
  return section;
}

/** `usual`: the owners of the section, for lines that name none. */
function readLine(
  line: string,
  number: number,
  { dialect, usual }: { readonly dialect: Dialect; readonly usual: readonly string[] },
): Line {
  const [text = '', ...named] = tokensOf(line);
  const { problem, ...pattern } = readPattern(text.length > longestPattern ? '*' : text, dialect);
  const owners = named.length === 0 ? usual : named;
  const tooLong = text.length > longestPattern ? `its pattern has more than ${longestPattern} characters` : null;
  return { ...pattern, line: number, owners, problem: tooLong ?? problem ?? ownersProblem(owners) };
}

/** Words between white space, which `\` escapes; a word that begins with `#` begins a comment. */
function tokensOf(line: string): string[] {
  const tokens = line.match(/(?:\\.|[^\s\\]|\\$)+/g) ?? [];
  const comment = tokens.findIndex((token) => token.startsWith('#'));
  return comment === -1 ? tokens : tokens.slice(0, comment);
}

export const ownerPatterns = {
  name: /^@{1,2}[\w.-]+(?:\/[\w.-]+)*$/,
  address: /^[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+$/,
} as const;

/** As long as a path may be. */
const longestPattern = 4096;
const mostOwners = 100;
const longestOwner = 200;

function ownersProblem(owners: readonly string[]): string | null {
  if (owners.length > mostOwners) return `it names more than ${mostOwners} owners`;
  const areAll = owners.every(
    (owner) => owner.length <= longestOwner && Object.values(ownerPatterns).some((pattern) => pattern.test(owner)),
  );
  return areAll ? null : 'an owner is neither @name, @organization/team nor an e-mail address';
}

function claimOf({ lines, exclusions, count }: Section, path: string): Claim[] {
  const names = path.split('/');
  const last = lastMatch(lines, names);
  if (last === null || lastMatch(exclusions, names) !== null) return [];
  const { line, owners, problem } = last;
  return owners.length === 0 && problem === null ? [] : [{ line, owners, problem, count }];
}
