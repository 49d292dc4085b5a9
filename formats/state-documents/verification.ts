// What is to be verified, as `<key>.json` in the commit of a `VerificationSource`: whoever builds a candidate writes it,
// whichever host verifies it reads it. Names no run and no unit.

import { z } from 'zod';
import type { VerifyCommand } from '../../contracts/documents/config.ts';
import { type Sha, isSha } from '../../contracts/ids.ts';
import { codecOf } from './codec.ts';

export interface VerificationSpec {
  readonly tree: Sha;
  /** Tip of the branch: its coppice.yaml gives the rules, and it is the parent of the commit that is verified. */
  readonly target: Sha;
  /** The target branch, without `refs/heads/`. */
  readonly branch: string;
  /** The units' own commands, which run after those of coppice.yaml, each once. */
  readonly own: readonly VerifyCommand[];
  /** Keys of the network requests that people have granted, sorted. */
  readonly egress: readonly string[];
  /** True = all commands run, even after one has failed. */
  readonly all: boolean;
  /** The class of hosts that may verify it (activities/landing/verify/verification-key.ts). */
  readonly host: string;
}

export function verificationFile(key: string): string {
  return `${key}.json`;
}

const sha = z.string().refine(isSha);

export const verificationCodec = codecOf<VerificationSpec>()({
  name: 'a verification',
  version: 1,
  since: '0.1.0',
  schema: z.object({
    tree: sha,
    target: sha,
    branch: z.string(),
    own: z.array(z.object({ name: z.string(), run: z.string(), timeoutSeconds: z.number() })),
    egress: z.array(z.string()),
    all: z.boolean(),
    host: z.string(),
  }),
});
