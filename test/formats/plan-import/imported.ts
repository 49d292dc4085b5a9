// Imports a text and shows what matters of the result. What is imported is always a plan that can be parsed.

import { expect } from 'vitest';
import type { ImportNote } from '../../../formats/plan-import/item.ts';
import type { PlanDocumentUnit } from '../../../contracts/documents/plan.ts';
import type { PlanKind } from '../../../formats/plan-import/kinds.ts';
import { importPlan } from '../../../formats/plan-import/import-plan.ts';
import { parsePlan } from '../../../formats/plan-file/plan-file.ts';
import { writePlan } from '../../../formats/plan-file/plan-text.ts';

interface Shown {
  /** Ids with the ids that they need. */
  readonly needs: Readonly<Record<string, readonly string[]>>;
  readonly units: Readonly<Record<string, PlanDocumentUnit>>;
  readonly goal: string | undefined;
  /** `12: …`, or only the message. */
  readonly notes: readonly string[];
  readonly errors: readonly string[];
}

const now = new Date('2026-06-01T00:00:00Z');

/** `tag` is for Task Master. */
export function imported(kind: PlanKind, text: string, tag?: string): Shown {
  const { plan, notes, errors = [] } = importPlan(text, { kind, tag, now });
  const units = plan?.units ?? [];
  if (plan !== undefined) {
    const parsed = parsePlan(writePlan(plan, ['head']), 'plan');
    expect(parsed.errors).toBeUndefined();
    expect(parsed.plan?.units.map(({ id, prompt }) => [id, prompt])).toEqual(
      units.map(({ id, prompt }) => [id, prompt]),
    );
  }
  return {
    needs: Object.fromEntries(units.map(({ id, needs = [] }) => [id, needs])),
    units: Object.fromEntries(units.map((unit) => [unit.id, unit])),
    goal: plan?.goal,
    notes: notes.map(shown),
    errors: errors.map(shown),
  };
}

function shown({ line, message }: ImportNote): string {
  return line === null ? message : `${line}: ${message}`;
}
