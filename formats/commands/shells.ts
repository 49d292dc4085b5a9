// Shells, and the builtins that run a text or a file as a script.

import {
  type Field,
  type Shape,
  isUnknown,
  joinFields,
  startOf,
  textOf,
  unknownText,
  withoutStart,
  wordOf,
} from './fields.ts';
import type { Input } from './scope.ts';
import { optionLength } from './options.ts';

/** A script that is known as far as its shape says. */
export interface ShellText {
  readonly kind: 'text';
  readonly text: Shape;
  readonly args: readonly Field[] | null;
  /** Whether it runs in the shell that runs it. */
  readonly here: boolean;
  /** What its commands read. */
  readonly input: Input;
}

/** `file`: a program of the repository; `none`: nothing. */
export type ShellRuns =
  | { readonly kind: 'none' }
  | ShellText
  | { readonly kind: 'file'; readonly fields: readonly Field[] };

const shells = new Set([
  ...['sh', 'bash', 'dash', 'zsh', 'ksh', 'mksh', 'ash', 'rbash', 'rzsh', 'fish', 'yash', 'osh', 'csh', 'tcsh'],
  // Their languages differ more; what a parser of bash cannot read is not known.
  ...['nu', 'xonsh', 'elvish', 'rc'],
]);
const standardInput = /^(?:-|\/dev\/stdin|\/dev\/fd\/0|\/proc\/self\/fd\/0)$/;
const shellOptions = {
  short: 'oO',
  long: ['--rcfile', '--init-file', '--features'],
};

export function isShell(name: string): boolean {
  // Also `bash-5.2` and `ksh93`.
  return shells.has(name.replace(/[-\d.]+$/, ''));
}

/** What `sh`, `bash` and their like run. */
export function runsOfShell(args: readonly Field[], input: Input): ShellRuns {
  let isText = false;
  let readsInput = false;
  let at = 0;
  for (; at < args.length; at++) {
    const field = args[at];
    if (field === undefined) break;
    // It may be `-c`, or the script itself.
    if (field.count !== 'one' || (isUnknown(field.shape) && !isText)) return script(unknownText, null, input);
    const word = wordOf(field) ?? startOf(field.shape);
    // `-$X` may be `-c`.
    if (textOf(field.shape) === null && !isText && /^-[A-Za-z]*$/.test(word)) return script(unknownText, null, input);
    if (word === '--' || word === '-') {
      at += 1;
      break;
    }
    const length = lengthOfOption(word);
    if (length === 0) break;
    const [, text] = /^--(?:init-)?command=(.*)$/s.exec(word) ?? [];
    if (text !== undefined) return script(withoutStart(field.shape, word.length - text.length), [], input);
    if (/^--(?:init-)?command$/.test(word) || (/^-[^-]*c/.test(word) && !word.startsWith('--'))) isText = true;
    if (/^-[^-]*s/.test(word) && !word.startsWith('--')) readsInput = true;
    at += length - 1;
  }
  const [first, ...others] = args.slice(at);
  if (isText) return first === undefined ? { kind: 'none' } : script(first.shape, others.slice(1), input);
  if (first === undefined || readsInput) return ofInput(input, args.slice(at));
  return ofFile(first, others, input);
}

/** Of `-eoc pipefail`, the name of the option is the next word, wherever `o` stands. */
function lengthOfOption(word: string): number {
  if (/^[-+][A-Za-z]+$/.test(word)) return 1 + (word.match(/[oO]/g)?.length ?? 0);
  return optionLength(word, shellOptions);
}

/** What `source FILE` and `. FILE` run. */
export function runsOfSource(args: readonly Field[], input: Input): ShellRuns {
  const [file, ...others] = wordOf(args[0]) === '--' ? args.slice(1) : args;
  if (file === undefined) return { kind: 'none' };
  const runs = ofFile(file, others, input);
  return runs.kind === 'text' ? { ...runs, args: null, here: true } : runs;
}

export function runsOfEval(args: readonly Field[], input: Input): ShellRuns {
  const words = wordOf(args[0]) === '--' ? args.slice(1) : args;
  if (words.length === 0) return { kind: 'none' };
  return { kind: 'text', text: joinFields(words), args: null, here: true, input };
}

/** Its commands would read on where the shell stands in its own script, and that is judged already. */
const nothing: Input = { kind: 'none' };

function script(text: Shape, args: readonly Field[] | null, input: Input): ShellRuns {
  return { kind: 'text', text, args, here: false, input };
}

function ofFile(file: Field, args: readonly Field[], input: Input): ShellRuns {
  if (file.output !== undefined) return script(file.output, args, input);
  const word = textOf(file.shape);
  if (word !== null && isStandardInput(word)) return ofInput(input, args);
  if (startOf(file.shape).startsWith('/dev/fd/')) return script(unknownText, args, input);
  return { kind: 'file', fields: [file, ...args] };
}

/** Whether it names what a command reads. */
export function isStandardInput(path: string): boolean {
  return standardInput.test(path);
}

function ofInput(input: Input, args: readonly Field[]): ShellRuns {
  switch (input.kind) {
    case 'none':
      return { kind: 'none' };
    case 'file':
      return { kind: 'file', fields: [input.file, ...args] };
    case 'text':
      return script(input.text, args, nothing);
    case 'dynamic':
      return script(unknownText, args, nothing);
  }
}
