// Keeps this host's secrets out of Temporal: redacts results, failures and heartbeats of its activities. (The output of
// commands is redacted where it is read, and logs where they are written.)

import type { ActivityExecuteInput, ActivityInterceptorsFactory } from '@temporalio/worker';

type Redact = (text: string) => string;

export function redactingActivities(redact: Redact): ActivityInterceptorsFactory {
  return (context) => {
    const { heartbeat } = context;
    Object.assign(context, { heartbeat: (details: unknown) => heartbeat(redacted(details, redact)) });
    return {
      inbound: {
        async execute(input: ActivityExecuteInput, next: (given: ActivityExecuteInput) => Promise<unknown>) {
          try {
            return redacted(await next(input), redact);
          } catch (error) {
            throw redactFailure(error, redact);
          }
        },
      },
    };
  };
}

/** The same value with every text in it redacted; activities return JSON values. */
function redacted(value: unknown, redact: Redact): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((each) => redacted(each, redact));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, redacted(each, redact)]));
}

/** Changes the error and its causes in place, because its type decides what Temporal does with it. */
function redactFailure(error: unknown, redact: Redact): unknown {
  for (let at = error, depth = 0; at instanceof Error && depth < 10; at = at.cause, depth++) {
    at.message = redact(at.message);
    if (at.stack !== undefined) at.stack = redact(at.stack);
    if ('details' in at) at.details = redacted(at.details, redact);
  }
  return error;
}
