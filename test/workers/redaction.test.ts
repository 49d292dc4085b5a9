import { MockActivityEnvironment } from '@temporalio/testing';
import { ApplicationFailure, Context } from '@temporalio/activity';
import { describe, expect, it } from 'vitest';
import { redactingActivities } from '../../workers/redaction.ts';

const redact = (text: string) => text.replaceAll('sk-1', '[redacted]');

function environment() {
  return new MockActivityEnvironment({}, { interceptors: [redactingActivities(redact)] });
}

describe('what a host tells Temporal', () => {
  it('has no secret in results, whatever their shape', async () => {
    const result = { a: 'x sk-1', b: [{ c: 'sk-1' }, 1, null, true] };
    await expect(environment().run(async () => result)).resolves.toEqual({
      a: 'x [redacted]',
      b: [{ c: '[redacted]' }, 1, null, true],
    });
    await expect(environment().run(async () => undefined)).resolves.toBeUndefined();
  });

  it('has none in failures, their causes and details, which stay what they are', async () => {
    const cause = new Error('401 for sk-1');
    const failed = environment().run(async () => {
      throw ApplicationFailure.create({ type: 'X', message: 'no sk-1', nonRetryable: true, details: ['sk-1'], cause });
    });
    const error: unknown = await failed.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ApplicationFailure);
    expect(error).toMatchObject({ type: 'X', nonRetryable: true, message: 'no [redacted]', details: ['[redacted]'] });
    expect(String((error as Error).cause)).toBe('Error: 401 for [redacted]');
    expect((error as Error).stack).not.toContain('sk-1');
  });

  it('has none in heartbeats', async () => {
    const mock = environment();
    const beats: unknown[] = [];
    mock.on('heartbeat', (beat: unknown) => beats.push(beat));
    await mock.run(async () => Context.current().heartbeat({ doing: 'bash: echo sk-1' }));
    expect(beats).toEqual([{ doing: 'bash: echo [redacted]' }]);
  });
});
