// What a command that makes files again finds in its folder, read from git objects: its own files, manifests, lock files
// and settings of package managers, what its rule names, and nothing else of the repository.

import { createHash } from 'node:crypto';
import type { Config } from '../../../contracts/documents/config.ts';
import type { Sha } from '../../../contracts/ids.ts';
import { type GeneratedFiles } from '../../../formats/generated/rules.ts';
import { type Entry, type PlacedEntry, listFiles, textOf } from '../../../git/trees.ts';
import { isFile, isFileMode, linkMode } from '../../../domain/repository/file-modes.ts';
import { lookUp } from '../../../git/object-reader.ts';
import { resolvePath } from '../../../git/resolve-path.ts';

/** Limits of what is written into a folder for one command. */
const mostFiles = 50_000;
const mostBytes = 200_000_000;

/** `id`: the blob with its content; null = an empty file. */
export interface InputFile {
  /** As text; names that are not UTF-8 are left out. */
  readonly path: string;
  readonly mode: string;
  readonly id: Sha | null;
}

export interface CommandInputs {
  readonly files: readonly InputFile[];
  /** Of everything that decides what the command writes, 32 hexadecimal digits. */
  readonly hash: string;
}

interface Request {
  /** The merged tree, in which the command's own files are the target's. */
  readonly tree: Sha;
  readonly files: GeneratedFiles;
  readonly config: Pick<Config, 'env'>;
}

export async function readInputs(
  state: string,
  { tree, files, config }: Request,
): Promise<CommandInputs | { readonly why: string }> {
  const { rule } = files;
  const inputs: InputFile[] = [];
  for (const entry of await listFiles(state, tree)) {
    const path = textOf(entry.path);
    if (files.writes(path) || files.reads(path)) {
      const content = await contentOf(state, tree, { ...entry, path });
      if (content !== null) inputs.push({ ...content, path });
    } else if (files.looksFor(path) && isFile(entry)) inputs.push({ path, mode: entry.mode, id: null });
  }
  if (inputs.length > mostFiles) return { why: `its files are too many (${inputs.length}, at most ${mostFiles})` };
  let bytes = 0;
  for (const { id } of inputs) bytes += id === null ? 0 : ((await lookUp(state, id))?.size ?? 0);
  if (bytes > mostBytes) return { why: `its files are too large (${bytes} bytes, at most ${mostBytes})` };
  const { paths, run, network, inputs: declared = [] } = rule;
  const env = Object.entries(config.env ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const what = ['v1', paths, run, network, declared, env, inputs.map(({ path, mode, id }) => [path, mode, id])];
  return { files: inputs, hash: createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 32) };
}

/** A link counts as the file of the tree that it leads to; null if it leads elsewhere. */
async function contentOf(state: string, tree: Sha, { path, mode, id }: PlacedEntry): Promise<Entry | null> {
  if (isFileMode(mode)) return { mode, id };
  if (mode !== linkMode) return null;
  const found = await resolvePath(state, tree, tree, path);
  return found !== null && isFile(found.entry) ? found.entry : null;
}
