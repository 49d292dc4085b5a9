// What a changed plan changes, line by line.

import type { PlanDifference } from '../../contracts/approval.ts';

export function differenceLines({ why, added, changed, removed }: PlanDifference): string[] {
  return [
    ...(why === undefined ? [] : [`why: ${why}`]),
    ...added.map((unit) => `added ${unit}`),
    ...changed.map((unit) => `changed ${unit}`),
    ...removed.map((unit) => `removed ${unit}`),
  ];
}
