// How messages and workflow types are declared: a name with the types of what goes with it, as the SDK's `defineSignal` and
// its sisters make them. Those are in `@temporalio/workflow`, which commands would have to load for the names alone.

import type { QueryDefinition, SignalDefinition, UpdateDefinition } from '@temporalio/common';

/** Told: recorded even when no worker runs. */
export function signal<Args extends unknown[] = []>(name: string): SignalDefinition<Args> {
  return { type: 'signal', name } as SignalDefinition<Args>;
}

/** Read, without a trace in the history. */
export function query<Answer, Args extends unknown[] = []>(name: string): QueryDefinition<Answer, Args> {
  return { type: 'query', name } as QueryDefinition<Answer, Args>;
}

/** Asked, and answered once a worker has judged it. */
export function update<Answer, Args extends unknown[] = []>(name: string): UpdateDefinition<Answer, Args> {
  return { type: 'update', name } as UpdateDefinition<Answer, Args>;
}
