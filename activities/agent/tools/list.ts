// The agent's tools. Both drivers serve them, except that Claude Code has its own versions of the built-in ones.

import { z } from 'zod';
import type { Tool } from './tool.ts';
import { askPerson } from './ask-person.ts';
import { bash } from './bash.ts';
import { boardTools } from './board/list.ts';
import { claimPaths } from './board/claim-paths.ts';
import { postMessage } from './board/messages.ts';
import { writeNote } from './board/notes.ts';
import { editor } from './editor.ts';
import type { Config } from '../../../contracts/documents/config.ts';
import { mayPropose } from '../../../formats/policy/judge-proposal.ts';
import type { SessionUnit } from '../drivers/contract.ts';
import { report } from './report.ts';
import { proposeUnits } from './propose-units.ts';
import { submitPlan } from './submit-plan.ts';
import { submitReview } from './submit-review.ts';

const ofAll: readonly Tool[] = [bash, editor, report, askPerson];
const ofPlanner: readonly Tool[] = [...ofAll, submitPlan];
const ofReviewer: readonly Tool[] = [bash, editor, submitReview];
const withBoard: readonly Tool[] = [...ofAll, ...boardTools];

/** What decides which tools a session has. */
interface Equipped {
  readonly unit: Pick<SessionUnit, 'planner' | 'reviewer'>;
  /** There are other units, which its agent can reach. */
  readonly hasBoard: boolean;
  /** Agents propose units only where a rule speaks of that. */
  readonly config: Pick<Config, 'policy'>;
}

/** The tools of a unit's session. */
export function toolsOf({ unit: { planner, reviewer }, hasBoard, config }: Equipped): readonly Tool[] {
  if (reviewer !== undefined) return ofReviewer;
  if (planner !== undefined) return ofPlanner;
  return [...(hasBoard ? withBoard : ofAll), ...(mayPropose(config) ? [proposeUnits] : [])];
}

/** Those that a driver with its own tools serves too. */
export function ownToolsOf(session: Equipped): readonly Tool[] {
  return toolsOf(session).filter(({ builtIn }) => builtIn === null);
}

/** Names of all tools of ours that need no sandbox. */
export const ownToolNames: readonly string[] = [...withBoard, proposeUnits, ...ofPlanner, ...ofReviewer].flatMap(
  ({ name, builtIn }) => (builtIn === null ? [name] : []),
);

const telling: readonly Tool[] = [postMessage, writeNote, claimPaths, proposeUnits];

/** Whether others see what a call does, so that it must not be made twice: the answer is in a checkpoint first. */
export function tellsOthers(name: string): boolean {
  return telling.some((tool) => tool.name === name);
}

/** The input as JSON Schema. */
export function inputSchema({ input }: Tool): { type: 'object'; [field: string]: unknown } {
  const { $schema: _, ...schema } = z.toJSONSchema(input, { io: 'input' });
  return { ...schema, type: 'object' };
}
