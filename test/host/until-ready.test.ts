import { ServiceError } from '@temporalio/client';
import { expect, it } from 'vitest';
import { untilReady } from '../../activities/control/until-ready.ts';

function grpcError(code: number): Error {
  return Object.assign(new Error(`${code} FAILED`), { code, details: 'the workflow continues as new', metadata: {} });
}

it('an update is sent again while its workflow continues as new, however the client wraps the error', async () => {
  const errors = [grpcError(10), new ServiceError('Workflow Update failed', { cause: grpcError(9) })];
  const call = () => {
    const error = errors.shift();
    return error === undefined ? Promise.resolve('taken') : Promise.reject(error);
  };
  expect(await untilReady(call)).toBe('taken');
});

it('other errors are passed on at once', async () => {
  let calls = 0;
  const call = () => {
    calls += 1;
    return Promise.reject(new ServiceError('no', { cause: grpcError(5) }));
  };
  await expect(untilReady(call)).rejects.toThrow('no');
  expect(calls).toBe(1);
});
