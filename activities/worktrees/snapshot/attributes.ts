// What the repository's `.gitattributes` make of a change, as in any clone: line endings, `ident` and encodings of the paths
// that it touches are converted for the result, and files under a filter that this host cannot run are named. Checkpoints
// and worktrees stay byte-exact. Runs in a sandbox, over a folder with the changed files alone.
// Safe to run twice: it depends on the two trees alone.

import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FilteredFile } from '../../repository/contract.ts';
import type { LocalRepository } from '../../repository/local-repository.ts';
import { GitError, runGit } from '../../../git/run-git.ts';
import { type Difference, type Entry, compareTrees, editTree, listFiles, textOf } from '../../../git/trees.ts';
import { type Sha, asSha } from '../../../contracts/ids.ts';
import { discard } from '../remove.ts';
import { failure } from '../../../contracts/failures.ts';
import { inertText } from '../../../git/inert-text.ts';
import { isFile } from '../../../domain/repository/file-modes.ts';
import { isLfsPointer, largestPointer } from '../../../domain/worktrees/missing-content.ts';
import { readBlobs, treeOf } from '../../../git/tree-reader.ts';
import { lookUp, readObject } from '../../../git/object-reader.ts';
import { newName } from '../name.ts';
import { prepareQuarantine, runScript } from './snapshot.ts';
import { readProduct } from './product.ts';

export interface AsCommitted {
  /** The tree with conversions applied to the changed paths. */
  readonly tree: Sha;
  /** Changed files that would be stored raw, where a program should convert them. */
  readonly filtered: readonly FilteredFile[];
}

const relevant = /\b(?:text|crlf|eol|ident|filter|working-tree-encoding)\b/;
const names = ['text', 'eol', 'crlf', 'ident', 'filter', 'working-tree-encoding'] as const;
type Values = Readonly<Record<(typeof names)[number], string>>;

interface Changed {
  /** In bytes, as trees have it. */
  readonly path: string;
  readonly from: Entry | null;
  readonly to: Entry;
}

export async function applyAttributes(
  repository: LocalRepository,
  { base, tree, signal }: { readonly base: Sha; readonly tree: Sha; readonly signal?: AbortSignal | undefined },
): Promise<AsCommitted> {
  const { state } = repository;
  const asItIs = { tree, filtered: [] };
  const rules = (await listFiles(state, tree)).filter(
    (entry) => isFile(entry) && /(?:^|\/)\.gitattributes$/.test(entry.path),
  );
  const texts = await readBlobs(
    state,
    rules.map(({ id }) => id),
  );
  if (!texts.some((text) => relevant.test(text))) return asItIs;
  const differences = await compareTrees(state, await treeOf(state, base), tree);
  const changed = differences.flatMap(({ path, from, to }): Changed[] => (isFile(to) ? [{ path, from, to }] : []));
  if (changed.length === 0) return asItIs;
  const folder = join(repository.home, 'worktrees', newName('attributes'));
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
  try {
    const at = { repository, folder, base, tree, signal, changed };
    await writeFiles(at, [...rules.map(({ path }) => bytes(path)), ...changed.map(({ path }) => bytes(path))]);
    const values = await readValues(at);
    const filtered = await filteredOf(state, differences, changed, values);
    const wanted = await wantingConversion(state, changed, values);
    return { tree: wanted.length === 0 ? tree : await convert(at, wanted), filtered };
  } finally {
    await discard(repository.home, folder);
  }
}

interface Place {
  readonly repository: LocalRepository;
  readonly folder: string;
  readonly base: Sha;
  readonly tree: Sha;
  readonly changed: readonly Changed[];
  readonly signal: AbortSignal | undefined;
}

function bytes(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}

function terminated(paths: readonly Buffer[]): Buffer {
  return Buffer.concat(paths.flatMap((path) => [path, Buffer.from([0])]));
}

/** Byte for byte: the state repository's own attributes say so. */
async function writeFiles({ repository, folder, tree }: Place, paths: readonly Buffer[]): Promise<void> {
  const files = join(folder, 'files');
  await mkdir(files);
  const env = { GIT_INDEX_FILE: join(folder, 'index'), GIT_WORK_TREE: folder };
  await runGit(repository.state, ['read-tree', tree], { env });
  const args = ['checkout-index', '-z', '--stdin', '--force', `--prefix=${files}/`];
  await runGit(repository.state, args, { env, input: terminated(paths) });
  await chmod(files, 0o755);
  await repository.sandbox.giveTo(files);
}

/** Runs a script over the files, with its input in `$OUT/paths`; answers the product `$OUT/answer`, null if it fails. */
async function ask(
  { repository, folder, base, signal }: Place,
  script: string,
  paths: readonly Buffer[],
): Promise<{ answer: Buffer; pack: Buffer | null } | null> {
  const out = await mkdtemp(join(folder, 'out-'));
  await prepareQuarantine(out, new Map(), '');
  await writeFile(join(out, 'paths'), terminated(paths));
  await repository.sandbox.giveTo(out);
  const worktree = { path: join(folder, 'files') };
  const result = await runScript(repository, worktree, { base, out, script, masks: [], signal });
  signal?.throwIfAborted();
  if (result.status !== 'exited' || result.exitCode !== 0) return null;
  const answer = await readProduct(join(out, 'answer'));
  return { answer, pack: script === convertScript ? await readProduct(join(out, 'pack')) : null };
}

const attributesScript = `
cd "$GIT_WORK_TREE" || exit 1
git check-attr -z --stdin ${names.join(' ')} < "$OUT/paths" > "$OUT/answer"
`;

async function readValues(at: Place): Promise<ReadonlyMap<string, Values>> {
  const said = await ask(
    at,
    attributesScript,
    at.changed.map(({ path }) => bytes(path)),
  );
  if (said === null) throw failure('GitFailed', 'git could not read the attributes of the changed files');
  const fields = said.answer.toString('latin1').split('\0');
  const found = new Map<string, Record<string, string>>();
  for (let i = 0; i + 2 < fields.length; i += 3) {
    const [path = '', name = '', value = ''] = fields.slice(i, i + 3);
    found.set(path, { ...found.get(path), [name]: value });
  }
  return found as ReadonlyMap<string, Record<string, string>> as ReadonlyMap<string, Values>;
}

/** `set`, `unset` and `unspecified` name no program. */
function driverOf(values: Values | undefined): string | null {
  const { filter = 'unspecified' } = values ?? {};
  return ['set', 'unset', 'unspecified'].includes(filter) ? null : filter;
}

/** A pointer that is written by hand, and a file that only moves, are what a clone would store, too. */
async function filteredOf(
  state: string,
  differences: readonly Difference[],
  changed: readonly Changed[],
  values: ReadonlyMap<string, Values>,
): Promise<FilteredFile[]> {
  const before = new Set(differences.flatMap(({ from }) => (from === null ? [] : [from.id])));
  const found: FilteredFile[] = [];
  for (const { path, to } of changed) {
    const filter = driverOf(values.get(path));
    if (filter === null || before.has(to.id)) continue;
    if (filter === 'lfs' && (await isPointer(state, to.id))) continue;
    found.push({ path: inertText(textOf(path)), filter: inertText(filter) });
  }
  return found;
}

async function isPointer(state: string, id: Sha): Promise<boolean> {
  const size = (await lookUp(state, id))?.size ?? Infinity;
  if (size === 0) return true;
  return size <= largestPointer && isLfsPointer((await readObject(state, id))?.content.toString('utf8') ?? '');
}

async function wantingConversion(
  state: string,
  changed: readonly Changed[],
  values: ReadonlyMap<string, Values>,
): Promise<Buffer[]> {
  const wanted: Buffer[] = [];
  for (const { path, to } of changed) {
    const own = values.get(path);
    if (own === undefined || driverOf(own) !== null) continue;
    const content = (await readObject(state, to.id))?.content ?? Buffer.alloc(0);
    if (wantsConversion(own, content)) wanted.push(bytes(path));
  }
  return wanted;
}

function wantsConversion(values: Values, content: Buffer): boolean {
  const encoding = values['working-tree-encoding'];
  // Worktrees hold such files as they are stored, in UTF-8; only one that is not was written in the other encoding.
  if (!['unset', 'unspecified', 'set'].includes(encoding)) return content.includes(0) || !isUtf8(content);
  const isText = values.text !== 'unset' && values.crlf !== 'unset';
  const hasRule = [values.text, values.crlf, values.eol].some((value) => value !== 'unspecified');
  return (isText && hasRule && content.includes('\r\n')) || (values.ident === 'set' && content.includes('$Id:'));
}

function isUtf8(content: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(content);
    return true;
  } catch {
    return false;
  }
}

/** With the base in the index, because a file that has CRLF there keeps it under `text=auto`. */
const convertScript = `
set -e
cd "$GIT_WORK_TREE"
git read-tree "$BASE"
GIT_LITERAL_PATHSPECS=1 git -c core.safecrlf=false add -f --pathspec-from-file="$OUT/paths" --pathspec-file-nul 2>/dev/null
GIT_LITERAL_PATHSPECS=1 xargs -0 -r git ls-files -s -z -- < "$OUT/paths" > "$OUT/answer"
tr '\\0' '\\n' < "$OUT/answer" | sed -n 's/^[0-7]\\{6\\} \\([0-9a-f]\\{40\\}\\) [0-3]\\t.*/\\1/p' | sort -u > "$OUT/objects"
git pack-objects --quiet --stdout < "$OUT/objects" > "$OUT/pack"
`;

/** The tree as it is if git cannot convert everything: a file that is not in its encoding is stored as it is. */
async function convert(at: Place, paths: readonly Buffer[]): Promise<Sha> {
  const { state } = at.repository;
  const said = await ask(at, convertScript, paths);
  if (said === null || said.pack === null) return at.tree;
  const stored = await runGit(state, ['unpack-objects', '-q', '--strict'], { input: said.pack }).catch(
    (error: unknown) => {
      if (error instanceof GitError) return null;
      throw error;
    },
  );
  if (stored === null) return at.tree;
  const wanted = new Map(at.changed.map((each) => [each.path, each.to]));
  const edits = new Map<string, Entry>();
  for (const record of said.answer.toString('latin1').split('\0')) {
    const [, id = '', path = ''] = /^[0-7]{6} ([0-9a-f]{40}) 0\t([^]*)$/.exec(record) ?? [];
    const entry = wanted.get(path);
    if (entry === undefined || id === entry.id) continue;
    if ((await lookUp(state, id))?.type === 'blob') edits.set(path, { ...entry, id: asSha(id) });
  }
  return edits.size === 0 ? at.tree : editTree(state, at.tree, edits);
}
