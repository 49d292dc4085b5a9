// A tool of the agent. To add one, add a file beside this one and an entry in list.ts; both drivers serve the list.

import type { ToolOutcome } from '../drivers/contract.ts';
import type { ToolPlace } from './place.ts';
import type { z } from 'zod';

export interface Tool {
  readonly name: string;
  /** Its purpose, in words for the model. */
  readonly description: string;
  /** Models get a JSON Schema made from it. */
  readonly input: z.ZodType;
  /**
   * The vendor's type, if its models know the tool: they then get neither description nor input. Claude Code has its
   * own version.
   */
  readonly builtIn: 'bash_20250124' | 'text_editor_20250728' | null;
  /** Never throws because of its input: the result says what is wrong with the call. */
  run(place: ToolPlace, input: unknown): Promise<ToolOutcome>;
}

interface Definition<Input> extends Pick<Tool, 'name' | 'description'> {
  readonly input: z.ZodType<Input>;
  readonly builtIn?: Tool['builtIn'];
  run(place: ToolPlace, input: Input): Promise<ToolOutcome>;
}

export function tool<Input>({ builtIn = null, run, ...rest }: Definition<Input>): Tool {
  return {
    ...rest,
    builtIn,
    async run(place, input) {
      const parsed = rest.input.safeParse(input);
      return parsed.success ? run(place, parsed.data) : toolError(`Error: ${describeIssues(parsed.error)}`);
    },
  };
}

export function toolError(output: string): ToolOutcome {
  return { output, isError: true, exitCode: null };
}

/** The problems of an input in one line, for the model. */
function describeIssues(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`).join('; ');
}
