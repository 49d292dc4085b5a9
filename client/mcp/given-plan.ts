// A plan as a client of the MCP server gives it: the document, its text, or the path of a file.

import { z } from 'zod';
import type { PlanDocument } from '../../contracts/documents/plan.ts';
import { type PlanSource, PlanText } from '../start/read-plan.ts';

const ways =
  'a document, its text in YAML or JSON, or the path of a file from the folder in which this server runs. A string with a line break, or one that begins with {, is a text.';

const anyPlan = z.union([z.string().min(1), z.record(z.string(), z.unknown())], {
  error: ({ input }) =>
    `${input === undefined ? 'is missing: it is' : 'must be'} a plan as a document, the text of one in YAML or JSON, or the path of a file`,
});

/** For the tool that is used first; the other one refers to it. */
export const planInput = anyPlan.meta({
  description: `The plan: ${ways} A document is { version: 1, goal, units }. A unit has an id (letters, digits, dashes), a title (one line, the subject of its commit), a prompt (all that its agent is told), and may have needs (ids of units that must have landed before), scope (globs of what it may change) and verify (a command that must pass besides the project’s own). Units without needs work at the same time, so give them scopes that do not overlap.`,
});

export const planInputInShort = anyPlan.meta({ description: `The plan, as check_plan takes it: ${ways}` });

export const repositoryInput = z.string().min(1).meta({
  description: 'The repository: a URL that git can clone, or a path.',
});

/** Where the server's folder has no origin. */
export const giveRepository = 'Give `repository`, or run `coppice mcp` in a clone.';

export const branchInput = z.string().min(1).meta({
  description: 'The target branch. Default: the one that its coppice.yaml names, else the remote’s default.',
});

/** What the library takes as a plan. Whoever reads it checks it. */
export function givenPlan(given: z.output<typeof anyPlan>): PlanSource {
  if (typeof given !== 'string') return given as unknown as PlanDocument;
  return /\n|^\s*\{/.test(given) ? new PlanText(given, 'plan') : given;
}
