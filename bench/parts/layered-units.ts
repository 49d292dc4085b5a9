// A large plan: units in layers, each of which needs two of the layer before.

import type { PlanDocumentUnit } from '../../client/api.ts';

const layer = 50;

export function layeredUnits(count: number): PlanDocumentUnit[] {
  return Array.from({ length: count }, (_, i) => {
    const before = i - (i % layer) - layer;
    const needs = before < 0 ? [] : [`unit-${before + (i % layer)}`, `unit-${before + ((i + 7) % layer)}`];
    return { id: `unit-${i}`, title: `Do what unit ${i} of many has to do`, prompt: 'Do it.', needs };
  });
}
