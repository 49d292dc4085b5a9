// Pipelines: each command may read what the one before it writes.

import type { PipelineNode } from 'unbash';
import { type Input, joinInto } from './scope.ts';
import { type Shape, isUnknown } from './fields.ts';
import { type Place, branch } from './place.ts';

type InPipeline = Extract<PipelineNode, { type: 'Pipeline' }>['commands'];

export function runPipeline(commands: InPipeline, place: Place): Shape {
  const [only] = commands;
  // `time` and `!` are pipelines of one command.
  if (only !== undefined && commands.length === 1) return place.walk.run(only, place);
  let output: Shape = [];
  commands.forEach((command, i) => {
    const own = branch(place, i === 0 ? {} : { input: inputFrom(output) });
    output = place.walk.run(command, own);
    // With `lastpipe`, the last one runs in the shell itself.
    if (i === commands.length - 1) joinInto(place.scope, own.scope);
  });
  return output;
}

/** What a command reads if another one writes this. */
export function inputFrom(output: Shape): Input {
  return isUnknown(output) ? { kind: 'dynamic' } : { kind: 'text', text: output };
}
