// The tools that a model has, run in the unit's sandbox. Nothing that a model asks for throws: what is wrong with a call
// is its result.

import type { SessionPlace, ToolOutcome, ToolRunner } from './contract.ts';
import { bashInput, describeIssues, editorInput } from './tool-inputs.ts';
import type { LongOutputs } from './long-outputs.ts';
import { runBash } from './bash-tool.ts';
import { runEditor } from './editor-tool.ts';

/** Where and how the tools of one session run. */
export interface ToolPlace extends Omit<SessionPlace, 'folder'> {
  readonly outputs: LongOutputs;
  readonly signal: AbortSignal;
}

export function makeTools(place: ToolPlace): ToolRunner {
  return {
    async run({ name, input }) {
      switch (name) {
        case 'bash': {
          const parsed = bashInput.safeParse(input);
          return parsed.success ? runBash(place, parsed.data) : invalid(describeIssues(parsed.error));
        }
        case 'str_replace_based_edit_tool': {
          const parsed = editorInput.safeParse(input);
          return parsed.success ? runEditor(place, parsed.data) : invalid(describeIssues(parsed.error));
        }
        default:
          return invalid(`there is no tool ${JSON.stringify(name.slice(0, 100))}`);
      }
    },
  };
}

function invalid(why: string): ToolOutcome {
  return { output: `Error: ${why}`, isError: true, exitCode: null };
}
