// Walks the syntax tree of a script as bash would run it, and collects the simple commands. Branches are all taken,
// loops once; what a script defines is followed as far as it is known (scope.ts).

import type { CompoundList, Statement } from 'unbash';
import { type Node, type Place, branch, charge } from './place.ts';
import { type FunctionBody, type Scope, assign, become, joinInto } from './scope.ts';
import { type Shape, joinShapes, unknownText } from './fields.ts';
import { expandText } from './expand.ts';
import { expandingIn, runScriptsIn } from './scripts.ts';
import { forgetAssigned, loopValues } from './loops.ts';
import { readHere, writesToFile } from './redirects.ts';
import { runPipeline } from './pipelines.ts';
import { runSimple } from './simple.ts';

function runAll(statements: readonly Statement[], place: Place): Shape {
  return joinShapes(
    statements.map(({ command, background }) => run(command, background === true ? branch(place) : place)),
    '',
  );
}

function define(body: FunctionBody, { scope, walk }: Place): void {
  scope.functions.set(body.name, [body]);
  walk.uncalled.add(body);
}

function inSubshell(node: Node, place: Place, changes: Partial<Scope> = {}): Shape {
  return run(node, branch(place, changes));
}

/** Runs a branch that is perhaps not taken. */
function perhapsRun(node: Node, place: Place): void {
  const before = branch(place);
  run(node, place);
  joinInto(place.scope, before.scope);
}

/** Walks a node; answers with what it writes, as far as that is known. */
export function run(node: Node, place: Place): Shape {
  charge(place, 1);
  switch (node.type) {
    case 'Command':
      return runSimple(node, place);
    case 'CompoundList':
      return runAll(node.commands, place);
    case 'AndOr':
      node.commands.forEach((each, i) => (i === 0 ? run(each, place) : perhapsRun(each, place)));
      return unknownText;
    case 'Pipeline':
      return runPipeline(node.commands, place);
    case 'Subshell':
      return inSubshell(node.body, place);
    case 'BraceGroup':
      return run(node.body, place);
    case 'Redirected': {
      const input = readHere(node.redirects, place);
      const outer = place.scope.input;
      if (input !== null) place.scope.input = input;
      const output = run(node.command, place);
      place.scope.input = outer;
      return writesToFile(node.redirects) ? unknownText : output;
    }
    case 'Function':
      define({ name: node.name.value, body: node.body, source: place.source }, place);
      return [];
    case 'Coproc':
      return inSubshell(node.body, place, { input: { kind: 'dynamic' } });
    case 'TestCommand':
    case 'ArithmeticCommand':
      runScriptsIn(node, place);
      return [];
    default:
      runBranches(node, place);
      return unknownText;
  }
}

type Branching = Extract<Node, { type: 'If' | 'While' | 'For' | 'Select' | 'Case' | 'ArithmeticFor' }>;

function runBranches(node: Branching, place: Place): void {
  switch (node.type) {
    case 'If':
      run(node.clause, place);
      runEither(
        [node.then, ...node.elif, ...(node.else === undefined ? [] : [node.else])],
        place,
        node.else === undefined,
      );
      return;
    case 'Case':
      expandText(node.word, expandingIn(place));
      node.items.flatMap(({ pattern }) => pattern).forEach((word) => runScriptsIn(word, place));
      runEither(
        node.items.map(({ body }) => body),
        place,
        true,
      );
      return;
    case 'While':
      forgetAssigned(node, place);
      run(node.clause, place);
      perhapsRun(node.body, place);
      return;
    case 'For':
    case 'Select':
    case 'ArithmeticFor':
      runFor(node, place);
  }
}

type ElifOrList = CompoundList | Extract<Branching, { type: 'If' }>['elif'][number];

function runEither(branches: readonly ElifOrList[], place: Place, orNone: boolean): void {
  const before = branch(place);
  const after = branches.map((each) => {
    const own = branch(before);
    if (each.type === 'Elif') {
      run(each.clause, own);
      run(each.then, own);
    } else run(each, own);
    return own.scope;
  });
  const [first, ...others] = orNone ? [before.scope, ...after] : after;
  if (first === undefined) return;
  others.forEach((other) => joinInto(first, other));
  become(place.scope, first);
}

function runFor(node: Extract<Branching, { type: 'For' | 'Select' | 'ArithmeticFor' }>, place: Place): void {
  const { scope } = place;
  if (node.type === 'ArithmeticFor') {
    [node.initialize, node.test, node.update].forEach((each) => each !== undefined && runScriptsIn(each, place));
    forgetAssigned(node.body, place);
  } else {
    const values = loopValues(node, place);
    forgetAssigned(node.body, place);
    assign(scope, node.name.value, values);
  }
  perhapsRun(node.body, place);
}
