import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';
import { failure, failureType } from '../../contracts/failures.ts';
import { diskFilledBy, withBoundedTries } from '../../activities/host/bounded-tries.ts';

/** Attempts as Temporal makes them: each gets the last heartbeat of the one before. Answers the failure that ends them. */
async function attempts(
  work: () => Promise<never>,
  most: number,
): Promise<{ tries: number; type: string | undefined }> {
  let heartbeatDetails: unknown;
  for (let tries = 1; tries <= most; tries++) {
    const environment = new MockActivityEnvironment({ attempt: tries, heartbeatDetails });
    environment.on('heartbeat', (details: unknown) => (heartbeatDetails = details));
    const error: unknown = await environment
      .run(() => withBoundedTries('here', work))
      .catch((thrown: unknown) => thrown);
    const type = failureType(error);
    if (type === 'Unexpected' || type === 'SetupFailed') return { tries, type };
  }
  return { tries: most, type: undefined };
}

function throwing(error: Error) {
  return async (): Promise<never> => {
    throw error;
  };
}
const withCode = (code: string) => Object.assign(new Error(`${code}: somewhere`), { code });

describe('what the merge queue asks of hosts', () => {
  it.each([
    ['an error of the disk', withCode('EIO'), 6],
    ['a mistake in the code', new TypeError('no such thing'), 6],
    ['a path that is too long', withCode('ENAMETOOLONG'), 1],
    ['links in a circle', withCode('ELOOP'), 1],
    ['a disk that the work fills', diskFilledBy('npm test'), 5],
    ['git, again and again', failure('GitFailed', 'git says no'), 20],
  ])('ends for good after %s', async (_, error, tries) => {
    expect(await attempts(throwing(error), 50)).toEqual({ tries, type: 'Unexpected' });
  });

  it('ends for good when the setup fails on the target itself, and says so', async () => {
    const fails = throwing(failure('TargetSetupFailed', 'registry away'));
    expect(await attempts(fails, 50)).toEqual({ tries: 8, type: 'SetupFailed' });
    const heartbeatDetails = { setupFailures: 1, setupFailsSince: 0, settled: true };
    const environment = new MockActivityEnvironment({ attempt: 2, heartbeatDetails });
    await expect(environment.run(() => withBoundedTries('here', fails))).rejects.toMatchObject({
      ...{
        nonRetryable: true,
        message: expect.stringMatching(/^the setup fails on the target itself, .*registry away$/),
      },
    });
  });

  it.each([
    ['a remote that is away', failure('RepositoryUnreachable', 'no route')],
    ['a host that is full', failure('HostFull', 'no room')],
    ['a disk that is full', withCode('ENOSPC')],
  ])('is tried again for %s', async (_, error) => {
    expect(await attempts(throwing(error), 100)).toEqual({ tries: 100, type: undefined });
  });

  it('ends for good when one host after the other dies with it', async () => {
    let heartbeatDetails: unknown;
    const ends: (string | undefined)[] = [];
    for (let attempt = 1; attempt <= 11; attempt++) {
      const environment = new MockActivityEnvironment({ attempt, heartbeatDetails });
      environment.on('heartbeat', (details: unknown) => (heartbeatDetails = details));
      // It never ends, as on a host that was killed; only its heartbeats are known.
      const dying = () => withBoundedTries('here', () => new Promise<never>(() => undefined));
      const hear = async () => ends.push(failureType(await environment.run(dying).catch((error: unknown) => error)));
      void hear();
      await new Promise((resolve) => setImmediate(resolve));
      expect(ends).toHaveLength(attempt <= 10 ? 0 : 1);
    }
    expect(ends).toEqual(['Unexpected']);
  });
});
