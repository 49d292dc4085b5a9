/** @type {Record<string, { bash: string }[]>} */
const steps = {
  add: [{ bash: 'cp vendor/dep/version.txt copy.txt' }],
  // The remote has it since the worktree was made, or before: both are commits of the remote.
  move: [{ bash: 'git -C vendor/dep checkout -q v2 || exit 1; git status --short' }],
  own: [{ bash: 'cd vendor/dep && echo own > own.txt && git add -A && git commit -qm own' }],
};

/** @type {(unit: string, turn: number) => object} */
export const model = (unit, turn) => steps[unit]?.[turn] ?? { text: 'Done.' };
