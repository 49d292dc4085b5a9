// A tool of the MCP server: what it takes, what it answers, and what it does. Each is a file in tools/.

import { z } from 'zod';
import type { Coppice } from '../api.ts';
import type { Env } from '../../domain/environment.ts';

export interface ToolContext {
  /** Connects when first needed, and anew after a loss. `patient`: however long it takes. */
  withCoppice<Result>(use: (coppice: Coppice) => Promise<Result>, options?: { patient?: boolean }): Promise<Result>;
  readonly env: Env;
  /** The server's working directory. */
  readonly folder: string;
}

export interface Answer<Document> {
  /** Without its version. */
  readonly document: Document;
  /** The same in short, for people. */
  readonly text: string;
}

/** What a tool changes; clients ask their user before they call one that is not `reads`. */
type Effect = 'reads' | 'adds' | 'changes';

export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly effect: Effect;
  readonly input: z.ZodObject;
  readonly output: z.ZodObject;
  run(input: Readonly<Record<string, unknown>>, context: ToolContext): Promise<Answer<object>>;
}

interface ToolOf<Input extends z.ZodObject, Output extends z.ZodObject> extends Omit<Tool, 'input' | 'output' | 'run'> {
  readonly input: Input;
  /** The schema of the document, with its version. */
  readonly output: Output;
  run(input: z.output<Input>, context: ToolContext): Promise<Answer<Unversioned<z.output<Output>>>>;
}

type Frozen<Value> = unknown extends Value ? Value : { readonly [Key in keyof Value]: Frozen<Value[Key]> };
type Unversioned<Document> = Frozen<Omit<Document, 'version'>>;

/** The input was checked against its schema before `run`. */
export function tool<Input extends z.ZodObject, Output extends z.ZodObject>(made: ToolOf<Input, Output>): Tool {
  return { ...made, run: (input, context) => made.run(input as z.output<Input>, context) };
}

/** A part of every document that may have been cut. */
export const cut = z.array(z.string()).exactOptional().meta({
  description: 'What was left out of this answer, and how to get it; absent = nothing was.',
});

export const runInput = z.string().min(1).meta({
  description: 'The run: its id, any unique part of it, or @latest for the latest run of this user.',
});
