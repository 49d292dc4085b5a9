// The `str_replace_based_edit_tool`: views and changes files *inside* the sandbox, so that no link leads out of it.
// Rules and error messages follow the vendor's documentation of text_editor_20250728.

import type { ToolPlace } from './place.ts';
import { tool } from './tool.ts';
import { z } from 'zod';
import type { ToolOutcome } from '../drivers/contract.ts';
import { readableOutput } from '../../sandbox/readable-output.ts';

/** Larger files are left to `bash`. */
const largestFile = 5_000_000;
const viewBytes = 30_000;
const timeoutSeconds = 30;

const statuses = { isFolder: 91, isMissing: 92, isOther: 93 } as const;
const readScript = `
if [ -d "$1" ]; then exit ${statuses.isFolder}; fi
if [ ! -e "$1" ]; then exit ${statuses.isMissing}; fi
if [ ! -f "$1" ]; then exit ${statuses.isOther}; fi
exec cat -- "$1"`;
const writeScript = 'mkdir -p -- "$(dirname -- "$1")" && exec cat > "$1"';
const listScript = 'cd -- "$1" && exec find . -maxdepth 2 -not -path "*/.*" -not -path "*/node_modules/*"';

/** A message for the model, not a bug. */
class ToolError extends Error {}

const absolutePath = z.string().startsWith('/', 'path must be absolute, below /work').max(4096);
const anyText = z.string().max(10_000_000);

const editorInput = z.discriminatedUnion('command', [
  z.object({
    command: z.literal('view'),
    path: absolutePath,
    view_range: z.tuple([z.number().int(), z.number().int()]).nullish(),
  }),
  z.object({ command: z.literal('create'), path: absolutePath, file_text: anyText }),
  z.object({
    command: z.literal('str_replace'),
    path: absolutePath,
    old_str: anyText.min(1),
    new_str: anyText.optional(),
  }),
  z.object({
    command: z.literal('insert'),
    path: absolutePath,
    insert_line: z.number().int().min(0),
    insert_text: anyText,
  }),
]);

type EditorInput = z.infer<typeof editorInput>;

export const editor = tool({
  name: 'str_replace_based_edit_tool',
  description: 'Looks at files, creates and changes them.',
  input: editorInput,
  builtIn: 'text_editor_20250728',
  run: runEditor,
});

async function runEditor(place: ToolPlace, input: EditorInput): Promise<ToolOutcome> {
  try {
    return { output: await edit(place, input), isError: false, exitCode: null };
  } catch (error) {
    if (error instanceof ToolError) return { output: `Error: ${error.message}`, isError: true, exitCode: null };
    throw error;
  }
}

async function edit(place: ToolPlace, input: EditorInput): Promise<string> {
  switch (input.command) {
    case 'view':
      return view(place, input.path, input.view_range ?? null);
    case 'create':
      await writeFile(place, input.path, input.file_text);
      return `File created successfully at: ${input.path}`;
    case 'str_replace': {
      const before = await readFile(place, input.path);
      await writeFile(place, input.path, replaceOnce(before, input.old_str, input.new_str ?? ''));
      return `The file ${input.path} has been edited successfully.`;
    }
    case 'insert': {
      const before = await readFile(place, input.path);
      await writeFile(place, input.path, insertAfter(before, input.insert_line, input.insert_text));
      return `The file ${input.path} has been edited successfully.`;
    }
  }
}

async function view(place: ToolPlace, path: string, range: readonly [number, number] | null): Promise<string> {
  const read = await run(place, readScript, path);
  if (read.exitCode === statuses.isFolder) {
    const listed = await run(place, listScript, path);
    return readableOutput(place.sandbox, listed.output, viewBytes).split('\n').toSorted().join('\n').trim();
  }
  const lines = decode(place, read, path).split('\n');
  const [from, to] = range ?? [1, -1];
  const last = to === -1 ? lines.length : to;
  if (from < 1 || from > lines.length || last < from) {
    throw new ToolError(`Invalid view_range: the file has ${lines.length} lines.`);
  }
  const numbered = lines.slice(from - 1, last).map((line, i) => `${String(from + i).padStart(6)}\t${line}`);
  return readableOutput(place.sandbox, Buffer.from(numbered.join('\n')), viewBytes);
}

async function readFile(place: ToolPlace, path: string): Promise<string> {
  return decode(place, await run(place, readScript, path), path);
}

function decode(place: ToolPlace, { exitCode, output, outputSize }: Ran, path: string): string {
  if (exitCode === statuses.isFolder) throw new ToolError(`${path} is a directory.`);
  if (exitCode === statuses.isMissing) throw new ToolError('File not found');
  if (exitCode === statuses.isOther) throw new ToolError(`${path} is not a regular file.`);
  if (exitCode !== 0) throw new ToolError(`Cannot read ${path}: ${readableOutput(place.sandbox, output, 500)}`);
  if (outputSize > largestFile) throw new ToolError(`${path} is larger than ${largestFile} bytes; use bash.`);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(output);
  } catch {
    throw new ToolError(`${path} is not UTF-8 text; use bash.`);
  }
}

async function writeFile(place: ToolPlace, path: string, content: string): Promise<void> {
  const { exitCode, output } = await run(place, writeScript, path, content);
  if (exitCode !== 0) throw new ToolError(`Cannot write ${path}: ${readableOutput(place.sandbox, output, 500)}`);
}

function replaceOnce(content: string, old: string, by: string): string {
  const at = content.indexOf(old);
  if (at === -1) throw new ToolError('No match found for replacement. Please check your text and try again.');
  const matches = content.split(old).length - 1;
  if (matches > 1) {
    throw new ToolError(
      `Found ${matches} matches for replacement text. Please provide more context to make a unique match.`,
    );
  }
  return content.slice(0, at) + by + content.slice(at + old.length);
}

/** Line 0 = the start of the file. */
function insertAfter(content: string, line: number, text: string): string {
  const lines = content.split('\n');
  const count = content.endsWith('\n') ? lines.length - 1 : lines.length;
  if (line > count) throw new ToolError(`Invalid insert_line: the file has ${count} lines.`);
  lines.splice(line, 0, text.replace(/\n$/, ''));
  return lines.join('\n');
}

interface Ran {
  readonly exitCode: number;
  readonly output: Uint8Array;
  readonly outputSize: number;
}

async function run(place: ToolPlace, script: string, path: string, stdin = ''): Promise<Ran> {
  const result = await place.sandbox.run({
    argv: ['sh', '-c', script, 'sh', path],
    mounts: place.mounts,
    env: place.env,
    stdin,
    // Output keeps a head and a tail, half the limit each, so twice the size holds the largest file.
    limits: { ...place.limits, timeoutSeconds, outputBytes: 2 * largestFile },
    signal: place.signal,
  });
  if (result.status !== 'exited') throw new ToolError(`The file operation ended as ${result.status}.`);
  return { exitCode: result.exitCode, output: result.output, outputSize: result.outputSize };
}
