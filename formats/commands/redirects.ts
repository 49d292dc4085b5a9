// Redirections: what they run, and what a command reads because of them.

import type { Redirection } from 'unbash';
import { type Field, type Shape, isUnknown, shapeOf, startOf, textOf, unknownText } from './fields.ts';
import { expandText, expandWord, textsOf } from './expand.ts';
import type { Input } from './scope.ts';
import type { Place } from './place.ts';
import { expandingIn } from './scripts.ts';
import { inputFrom } from './pipelines.ts';
import { isStandardInput } from './shells.ts';

/** Walks the redirections; answers with what is read because of them, or null. */
export function readHere(redirects: readonly Redirection[], place: Place): Input | null {
  let input: Input | null = null;
  for (const redirect of redirects) {
    const read = inputOf(redirect, place);
    const isInput = redirect.descriptor === undefined || isDescriptor(redirect, 0);
    if (isInput && read !== null) input = read;
  }
  return input;
}

/** Whether what the command writes does not go where its output goes. */
export function writesToFile(redirects: readonly Redirection[]): boolean {
  return redirects.some(
    (redirect) =>
      redirect.type === 'Redirect' &&
      redirect.operator.includes('>') &&
      (redirect.descriptor === undefined || isDescriptor(redirect, 1)),
  );
}

function isDescriptor({ descriptor }: Redirection, value: number): boolean {
  return descriptor?.type === 'FileDescriptor' && descriptor.value === value;
}

function inputOf(redirect: Redirection, place: Place): Input | null {
  const expanding = expandingIn(place);
  switch (redirect.type) {
    case 'HereDoc': {
      const { parts, text } = redirect.body;
      const body = parts === undefined ? [text] : oneOf(textsOf(parts, expanding));
      return { kind: 'text', text: redirect.operator === '<<-' ? withoutTabs(body) : body };
    }
    case 'HereString':
      if (redirect.target === undefined) return null;
      return { kind: 'text', text: oneOf(expandText(redirect.target, expanding)) };
    case 'Redirect': {
      const results = redirect.target === undefined ? [] : expandWord(redirect.target, expanding);
      if (redirect.operator === '<&') return { kind: 'dynamic' };
      if (!redirect.operator.startsWith('<')) return null;
      const [[file, ...others] = []] = results;
      return file === undefined || others.length > 0 || results.length > 1
        ? { kind: 'dynamic' }
        : inputOfFile(file, place);
    }
  }
}

function inputOfFile(file: Field, { scope }: Place): Input {
  if (file.output !== undefined) return inputFrom(file.output);
  const word = textOf(file.shape);
  if (word === '/dev/null') return { kind: 'none' };
  if (word !== null && isStandardInput(word)) return scope.input;
  if (file.count === 'any' || isUnknown(file.shape) || startOf(file.shape).startsWith('/dev/'))
    return { kind: 'dynamic' };
  return { kind: 'file', file };
}

function oneOf(shapes: readonly Shape[]): Shape {
  const [only] = shapes;
  return only !== undefined && shapes.length === 1 ? only : unknownText;
}

function withoutTabs(shape: Shape): Shape {
  return shapeOf(shape.map((part) => part?.replaceAll(/^\t+/gm, '') ?? null));
}
