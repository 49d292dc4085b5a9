// The agent's tools. Both drivers serve them, except that Claude Code has its own versions of the built-in ones.

import { z } from 'zod';
import type { Tool } from './tool.ts';
import { askPerson } from './ask-person.ts';
import { bash } from './bash.ts';
import { editor } from './editor.ts';
import { report } from './report.ts';

export const tools: readonly Tool[] = [bash, editor, report, askPerson];

/** The tools that a driver with its own tools serves too. */
export const ownTools = tools.filter(({ builtIn }) => builtIn === null);

/** The input as JSON Schema. */
export function inputSchema({ input }: Tool): { type: 'object'; [field: string]: unknown } {
  const { $schema: _, ...schema } = z.toJSONSchema(input, { io: 'input' });
  return { ...schema, type: 'object' };
}
