// Runs a model's tools in the unit's sandbox. Never throws because of a call: its result says what is wrong.

import type { ToolRunner } from '../drivers/contract.ts';
import type { ToolPlace } from './place.ts';
import { enterDirectory, shellDirectory } from './bash.ts';
import { type Tool, toolError } from './tool.ts';

export function makeTools(place: ToolPlace, tools: readonly Tool[]): ToolRunner {
  return {
    async run({ name, input }, { strict } = { strict: false }) {
      const wanted = tools.find((each) => each.name === name);
      return (
        wanted?.run({ ...place, strict }, input) ??
        toolError(`Error: there is no tool ${JSON.stringify(name.slice(0, 100))}`)
      );
    },
    directory: () => shellDirectory(place),
    enter: (directory) => enterDirectory(place, directory),
  };
}
