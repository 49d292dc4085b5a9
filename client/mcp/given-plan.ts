// A plan as a client of the MCP server gives it: the document, its text, or the path of a file.

import { z } from 'zod';
import type { PlacedError } from '../../formats/yaml/placed-error.ts';
import type { PlanDocument } from '../../contracts/documents/plan.ts';
import { parsePlan } from '../../formats/plan-file/plan-file.ts';
import { readYaml } from '../../formats/yaml/document.ts';

const ways =
  'a document, its text in YAML or JSON, or the path of a file from the folder in which this server runs. A string with a line break, or one that begins with {, is a text.';

const anyPlan = z.union([z.string().min(1), z.record(z.string(), z.unknown())]);

/** For the tool that is used first; the other one refers to it. */
export const planInput = anyPlan.meta({
  description: `The plan: ${ways} A document is { version: 1, goal, units }. A unit has an id (letters, digits, dashes), a title (one line, the subject of its commit), a prompt (all that its agent is told), and may have needs (ids of units that must have landed before), scope (globs of what it may change) and verify (a command that must pass besides the project’s own). Units without needs work at the same time, so give them scopes that do not overlap.`,
});

export const planInputInShort = anyPlan.meta({ description: `The plan, as check_plan takes it: ${ways}` });

export const repositoryInput = z.string().min(1).meta({
  description: 'The repository: a URL that git can clone, or a path.',
});

export const branchInput = z.string().min(1).meta({
  description: 'The target branch. Default: the one that its coppice.yaml names, else the remote’s default.',
});

/** What the library takes as a plan, or what is wrong with a text, at its places there. */
export type GivenPlan =
  | { readonly plan: string | PlanDocument; readonly errors?: never }
  | { readonly plan?: never; readonly errors: readonly PlacedError[] };

export function givenPlan(given: z.output<typeof anyPlan>): GivenPlan {
  // Whoever reads the document next checks it.
  if (typeof given !== 'string') return { plan: given as unknown as PlanDocument };
  if (!/\n|^\s*\{/.test(given)) return { plan: given };
  const { errors } = parsePlan(given, 'plan');
  return errors === undefined ? { plan: readYaml(given, 'plan').value as PlanDocument } : { errors };
}
