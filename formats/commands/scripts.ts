// Scripts within a script: texts that are run as one, and substitutions within words.

import { type ParsedScript, type SyntaxNode, forEachChild, parse } from 'unbash';
import type { Input } from './scope.ts';
import { type Place, TooMuch, branch, charge, giveUp } from './place.ts';
import { type Shape, joinShapes, unknownText } from './fields.ts';
import type { Expanding } from './expanding.ts';

/** Runs a text as a script at a place; answers with what it writes, as far as that is known. */
export function runText(text: string, place: Omit<Place, 'source'>): Shape {
  charge(place, text.length);
  if (hasTooManyHereDocuments(text)) throw new TooMuch('it has too many here-documents');
  return runScript(parse(text), { ...place, source: text });
}

/** Each here-document that a line begins may be looked for to the end of the text. */
function hasTooManyHereDocuments(text: string): boolean {
  const most = text.split('\n').reduce((max, line) => Math.max(max, line.split('<<').length), 0);
  return most * text.length > 20_000_000;
}

function runScript(script: ParsedScript, place: Place): Shape {
  const at = { ...place, source: script.source ?? place.source };
  const [error] = script.errors ?? [];
  if (error !== undefined) giveUp(at, `it cannot be parsed: ${error.message}`);
  // What bash has run before it meets the mistake.
  const before = script.commands.filter(({ end }) => error === undefined || end <= error.pos);
  return joinShapes(
    before.map((statement) => {
      return at.walk.run(statement.command, statement.background === true ? branch(at) : at);
    }),
    '',
  );
}

/** Walks a script within a word: in a subshell. */
function runWithin(script: ParsedScript | undefined, place: Place, input?: Input): Shape {
  if (script === undefined) {
    giveUp(place, 'it cannot be parsed');
    return unknownText;
  }
  charge(place, script.end - script.pos);
  const changes = { depth: place.scope.depth + 1, ...(input === undefined ? {} : { input }) };
  return runScript(script, branch(place, changes));
}

/** Walks the scripts that stand anywhere within a node. */
export function runScriptsIn(node: SyntaxNode, place: Place): void {
  charge(place, node.end - node.pos);
  switch (node.type) {
    case 'CommandExpansion':
    case 'ArithmeticCommandExpansion':
      runWithin(node.script, place);
      return;
    case 'ProcessSubstitution':
      runWithin(node.script, place, inputOf(node.operator));
      return;
    default:
      forEachChild(node, (child) => runScriptsIn(child, place));
  }
}

function inputOf(operator: '<' | '>'): Input | undefined {
  return operator === '>' ? { kind: 'dynamic' } : undefined;
}

export function expandingIn(place: Place): Expanding {
  return {
    scope: place.scope,
    run: (script, operator) => runWithin(script, place, operator === undefined ? undefined : inputOf(operator)),
    visit: (node) => runScriptsIn(node, place),
    giveUp: (reason) => giveUp(place, reason),
    charge: (characters) => charge(place, characters),
  };
}
