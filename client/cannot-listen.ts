// Why a server cannot listen, for people: the port is taken, or is not theirs to take.

import { errorInWords } from '../domain/errors.ts';
import { failure } from '../contracts/failures.ts';

const words: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program uses this port',
  EACCES: 'permission was denied for this port',
  EADDRNOTAVAIL: 'this machine does not have this address',
};

interface Address {
  readonly host: string;
  readonly port: number;
}

/** `hint`: how to choose another one. */
export function cannotListen({ host, port }: Address, cause: unknown, hint: string): Error {
  const why = errorInWords(cause, words);
  return failure('BadInput', `cannot listen on ${host}, port ${port}: ${why}`, { cause, hint });
}
