// What a channel may want to be told.

/** What a channel may be told (`notify.*.tell`). */
export const topics = ['approvals', 'failures', 'conflicts', 'landings', 'end', 'host-full', 'credential'] as const;
export type Topic = (typeof topics)[number];
