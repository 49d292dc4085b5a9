// Makes a plan file of a plan that people have in another tool. Needs no server and no network.

import type { ImportNote } from '../../formats/plan-import/item.ts';
import { count } from '../../domain/text/count.ts';
import { failure } from '../../contracts/failures.ts';
import { importPlan, recogniseKind } from '../../formats/plan-import/import-plan.ts';
import { planKinds, type PlanKind } from '../../formats/plan-import/kinds.ts';
import { maxPlanBytes, parsePlan } from '../../formats/plan-file/plan-file.ts';
import { readUserFile } from '../read-user-file.ts';
import { writePlan } from '../../formats/plan-file/plan-text.ts';

export interface ImportedPlan {
  readonly from: PlanKind;
  readonly units: number;
  /** The text of the plan file. */
  readonly text: string;
  readonly notes: readonly ImportNote[];
}

export interface PlanSource {
  /** Recognised by the content if absent. */
  readonly from?: PlanKind | undefined;
  readonly tag?: string | undefined;
}

/** Notes at the head of the plan. */
const mostNotes = 200;
/** Notes beside errors. */
const mostNotesOfErrors = 20;

/** Throws `BadInput` with every error, and what else there is to say about the file. */
export async function readOtherPlan(file: string, { from, tag }: PlanSource): Promise<ImportedPlan> {
  const given = await readUserFile(file, maxPlanBytes);
  const kind = from ?? recogniseKind(given);
  if (kind === null) {
    const hint = `Say it with --from: ${planKinds.join(', ')}.`;
    throw failure('BadInput', `${file} is not clearly a plan of one of the tools that Coppice reads`, { hint });
  }
  if (tag !== undefined && kind !== 'taskmaster')
    throw failure('BadInput', `--tag is for taskmaster, and ${file} is ${kind}`);
  const { plan, notes, errors } = importPlan(given, { kind, tag, now: new Date() });
  if (errors !== undefined) throw refused(file, kind, errors, notes);
  const text = writePlan(plan, headOf(file, kind, notes));
  const checked = parsePlan(text, 'plan');
  if (checked.errors !== undefined) {
    const wrong = checked.errors.map(({ message }) => ({ line: null, message }));
    throw refused(file, kind, wrong, notes);
  }
  return { from: kind, units: plan.units.length, text, notes };
}

function refused(file: string, kind: PlanKind, errors: readonly ImportNote[], notes: readonly ImportNote[]): Error {
  const told = [
    ...errors,
    ...notes.slice(0, mostNotesOfErrors).map(({ line, message }) => ({ line, message: `note: ${message}` })),
  ];
  return failure('BadInput', `no plan can be made of ${file}, read as ${kind}: ${count(errors.length, 'error')}`, {
    details: { errors: told.map(({ line, message }) => ({ at: { file, line: line ?? 1, column: 1 }, message })) },
    hint: 'Correct it there and import it again; docs/importing-plans.md says how it is read.',
  });
}

function headOf(file: string, kind: PlanKind, notes: readonly ImportNote[]): string[] {
  const listed = notes.slice(0, mostNotes).map((note) => `- ${noteText(note)}`);
  const more = notes.length > mostNotes ? [`… and ${notes.length - mostNotes} more`] : [];
  return [
    `Made by \`coppice plan import\` from ${file} (${kind}). Nothing reads that file again: change this one.`,
    ...(notes.length === 0 ? [] : ['What was left out, and what the other tool does not say:', ...listed, ...more]),
  ];
}

/** `line 12: …` */
function noteText({ line, message }: ImportNote): string {
  return line === null ? message : `line ${line}: ${message}`;
}
