// How messages and workflow types are declared: a name plus the types of its arguments, in the form that the SDK's
// `defineSignal` and its siblings return. Those are in `@temporalio/workflow`, which commands would have to load for
// the names alone.

import type { QueryDefinition, SignalDefinition, UpdateDefinition } from '@temporalio/common';

/** A message without an answer: recorded even when no worker runs. */
export function signal<Args extends unknown[] = []>(name: string): SignalDefinition<Args> {
  return { type: 'signal', name } as SignalDefinition<Args>;
}

/** A read that leaves no trace in the history. */
export function query<Answer, Args extends unknown[] = []>(name: string): QueryDefinition<Answer, Args> {
  return { type: 'query', name } as QueryDefinition<Answer, Args>;
}

/** A request: a worker judges it, then answers. */
export function update<Answer, Args extends unknown[] = []>(name: string): UpdateDefinition<Answer, Args> {
  return { type: 'update', name } as UpdateDefinition<Answer, Args>;
}
