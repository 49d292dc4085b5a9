// Takes the files that a command has written out of its folder, as git objects. The command has ended with all its
// processes, so nothing changes meanwhile; but whatever it left may be there: links, devices, huge or endless folders. A
// file that its rule names and that is anything but a regular file of a reasonable size refuses the whole output.

import { type Dir, constants } from 'node:fs';
import { open, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Entry } from '../../../git/trees.ts';
import type { GeneratedFiles } from '../../../formats/generated/rules.ts';
import type { InputFile } from './command-inputs.ts';
import type { Sha } from '../../../contracts/ids.ts';
import { bytesOf, editTree } from '../../../git/trees.ts';
import { codeOf } from '../../../domain/errors.ts';
import { inertLine } from '../../../domain/text/inert.ts';
import { writeObject } from '../../../git/object-writer.ts';

const largestFile = 50_000_000;
const mostBytes = 100_000_000;
const mostFiles = 10_000;
/** Entries of folders to look at, whatever they are. */
const mostEntries = 200_000;
const deepest = 64;

interface Written {
  /** The folder in which the command ran. */
  readonly work: string;
  readonly files: GeneratedFiles;
  readonly inputs: readonly InputFile[];
  /** Must be there. */
  readonly paths: readonly string[];
}

class Refused extends Error {}

/** A tree of the files that the rule names, or why they are refused. */
export async function collectOutput(
  state: string,
  { work, files, inputs, paths }: Written,
): Promise<{ readonly tree: Sha } | { readonly why: string }> {
  const modes = new Map(inputs.map(({ path, mode }) => [path, mode]));
  try {
    const found = await findWritten(work, files);
    const missing = paths.find((path) => !found.includes(path));
    if (missing !== undefined) throw new Refused(`left no file ${inertLine(missing)}`);
    const entries = new Map<string, Entry>();
    let bytes = 0;
    for (const path of found) {
      const { content, isExecutable } = await readRegular(join(work, path), path);
      bytes += content.length;
      if (bytes > mostBytes) throw new Refused(`wrote more than ${mostBytes} bytes`);
      const mode = modes.get(path) ?? (isExecutable ? '100755' : '100644');
      entries.set(bytesOf(path), { mode, id: await writeObject(state, 'blob', content) });
    }
    return { tree: await editTree(state, null, entries) };
  } catch (error) {
    if (error instanceof Refused) return { why: error.message };
    throw error;
  }
}

/** Paths that the rule names. Folders behind links are not looked at. */
async function findWritten(work: string, files: GeneratedFiles): Promise<string[]> {
  const found: string[] = [];
  let seen = 0;
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    if (folder.split('/').length > deepest) throw new Refused(`made folders more than ${deepest} deep`);
    const entries = await openFolder(join(work, folder));
    if (entries === null) continue;
    for await (const entry of entries) {
      if ((seen += 1) > mostEntries) throw new Refused(`made more than ${mostEntries} files`);
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!skipped.has(entry.name)) folders.push(path);
      } else if (files.writes(path)) found.push(path);
      if (found.length > mostFiles) throw new Refused(`wrote more than ${mostFiles} files that its rule names`);
    }
  }
  return found.toSorted();
}

/** Null if its name is not text, is too long, or the command has locked it. */
async function openFolder(path: string): Promise<Dir | null> {
  try {
    return await opendir(path);
  } catch (error) {
    if (!['ENOENT', 'EACCES', 'ENAMETOOLONG'].includes(String(codeOf(error)))) throw error;
    return null;
  }
}

/** A rule never names what is in them (formats/generated/rules.ts). */
const skipped = new Set(['node_modules', '.git', '.deps']);

/** Opened so that neither a link nor a special file is followed or waited for. */
async function readRegular(at: string, path: string): Promise<{ content: Buffer; isExecutable: boolean }> {
  const shown = inertLine(path);
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(at, flags).catch(() => {
    throw new Refused(`left ${shown}, which is no file that can be read (a link, say)`);
  });
  try {
    const { size, mode } = await statOf(file, shown);
    if (size > largestFile) throw new Refused(`wrote ${shown} with ${size} bytes, at most ${largestFile}`);
    const content = Buffer.alloc(size);
    const { bytesRead } = await file.read(content, 0, size, 0);
    return { content: content.subarray(0, bytesRead), isExecutable: (mode & 0o100) !== 0 };
  } finally {
    await file.close();
  }
}

async function statOf(file: Awaited<ReturnType<typeof open>>, shown: string) {
  const found = await file.stat();
  if (!found.isFile()) throw new Refused(`left ${shown}, which is no regular file`);
  return found;
}
