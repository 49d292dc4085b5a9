// The agent's tools. Both drivers serve them, except that Claude Code has its own versions of the built-in ones.

import { z } from 'zod';
import type { Tool } from './tool.ts';
import { askPerson } from './ask-person.ts';
import { bash } from './bash.ts';
import { editor } from './editor.ts';
import type { SessionUnit } from '../drivers/contract.ts';
import { report } from './report.ts';
import { proposeUnits } from './propose-units.ts';
import { submitPlan } from './submit-plan.ts';
import { submitReview } from './submit-review.ts';

const ofAll: readonly Tool[] = [bash, editor, report, askPerson];
const ofUnit: readonly Tool[] = [...ofAll, proposeUnits];
const ofPlanner: readonly Tool[] = [...ofAll, submitPlan];
const ofReviewer: readonly Tool[] = [bash, editor, submitReview];

/** Who a session is. */
type Role = Pick<SessionUnit, 'planner' | 'reviewer'>;

/** The tools of a unit's session. */
export function toolsOf({ planner, reviewer }: Role): readonly Tool[] {
  if (reviewer !== undefined) return ofReviewer;
  return planner === undefined ? ofUnit : ofPlanner;
}

/** Those that a driver with its own tools serves too. */
export function ownToolsOf(unit: Role): readonly Tool[] {
  return toolsOf(unit).filter(({ builtIn }) => builtIn === null);
}

/** Names of all tools of ours that need no sandbox. */
export const ownToolNames: readonly string[] = [...ofUnit, ...ofPlanner, ...ofReviewer].flatMap(({ name, builtIn }) =>
  builtIn === null ? [name] : [],
);

/** The input as JSON Schema. */
export function inputSchema({ input }: Tool): { type: 'object'; [field: string]: unknown } {
  const { $schema: _, ...schema } = z.toJSONSchema(input, { io: 'input' });
  return { ...schema, type: 'object' };
}
