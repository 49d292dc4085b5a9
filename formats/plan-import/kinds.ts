// The tools whose plans can be imported, as `--from` names them. Loaded by every command, so it imports nothing.

export const planKinds = ['spec-kit', 'taskmaster', 'beads', 'github'] as const;
export type PlanKind = (typeof planKinds)[number];
