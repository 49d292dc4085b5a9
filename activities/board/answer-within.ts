// A strict time limit. Temporal's client waits between its own tries, so a deadline of the call alone may take much
// longer.

/** Rejects when the time is up, whatever the call does then; the signal tells it to stop. */
export async function answerWithin<Answer>(
  ms: number,
  call: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const limit = new AbortController();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new Error(`no answer within ${ms} ms`));
    limit.abort();
  }, ms);
  try {
    const answer = call(limit.signal);
    // Nobody waits for it any more.
    answer.catch(() => undefined);
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
