// Redirections: what they run, and what a command reads because of them.

import type { Redirection } from 'unbash';
import { type Shape, shapeOf, unknownText } from './fields.ts';
import { expandText, expandWord, textsOf } from './expand.ts';
import type { Input } from './scope.ts';
import type { Place } from './place.ts';
import { expandingIn } from './scripts.ts';
import { inputFrom } from './pipelines.ts';

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
      const [fields = []] = redirect.target === undefined ? [] : expandWord(redirect.target, expanding);
      if (redirect.operator === '<&') return { kind: 'dynamic' };
      if (!redirect.operator.startsWith('<')) return null;
      const [output] = fields.flatMap((field) => (field.output === undefined ? [] : [field.output]));
      return output === undefined ? { kind: 'none' } : inputFrom(output);
    }
  }
}

function oneOf(shapes: readonly Shape[]): Shape {
  const [only] = shapes;
  return only !== undefined && shapes.length === 1 ? only : unknownText;
}

function withoutTabs(shape: Shape): Shape {
  return shapeOf(shape.map((part) => part?.replaceAll(/^\t+/gm, '') ?? null));
}
