// Trees to verify, offered on the state remote as the merge queue does, without a queue: a commit with the description,
// whose parent keeps the tree.

import { join } from 'node:path';
import type { Content, Remote } from '../git/make-repository.ts';
import type { GitHost } from '../../activities/repository/contract.ts';
import { type KeyHost, verificationsOn } from '../../activities/landing/verify/verification-key.ts';
import type { WantedVerification } from '../../activities/landing/verify/wanted-verification.ts';
import type { Sha } from '../../contracts/ids.ts';
import type { VerificationSource } from '../../contracts/activities/verification.ts';
import type { VerificationSpec } from '../../formats/state-documents/verification.ts';
import { git, put, temporaryFolder } from '../git/make-repository.ts';
import { readConfigAt } from '../../activities/repository/target-rules.ts';
import { stateRefs } from '../../contracts/ids.ts';
import { verificationCodec, verificationFile } from '../../formats/state-documents/verification.ts';

export interface OfferedTree {
  readonly key: string;
  readonly spec: VerificationSpec;
  readonly source: VerificationSource;
  /** A commit of the tree, as a queue would land it. */
  readonly candidate: Sha;
}

let offers = 0;

/** What `change` makes of the branch's tip, by the rules of the tip; null if there is nothing to verify. */
export async function offerTree(
  host: KeyHost & { readonly git: GitHost },
  { remote, state, branch = 'main' }: { readonly remote: Remote; readonly state: string; readonly branch?: string },
  change: Readonly<Record<string, Content>>,
  wanted: Partial<Omit<WantedVerification, 'tree'>> & { readonly message?: string } = {},
): Promise<OfferedTree | null> {
  const { own = [], egress = [], all = false, message = 'a candidate' } = wanted;
  const repository = await host.git.open({ repository: remote.url, stateRemote: state });
  const target = await repository.fetchBranch(branch);
  const clone = join(temporaryFolder(), 'clone');
  git('/', 'clone', '-q', '-c', 'core.autocrlf=false', '-b', branch, remote.url, clone);
  for (const [path, content] of Object.entries(change)) put(clone, path, content);
  git(clone, 'add', '-A');
  git(clone, 'commit', '-q', '--allow-empty', '-m', message);
  const candidate = git(clone, 'rev-parse', 'HEAD') as Sha;
  const tree = git(clone, 'rev-parse', 'HEAD^{tree}') as Sha;
  const [config, tags] = [await readConfigAt(repository, target), await repository.tagsOf(target)];
  const verificationOf = await verificationsOn(host, { repository: remote.url, branch, target, config, tags });
  const verification = verificationOf({ tree, own, egress, all });
  if (verification === null) return null;
  const { key, spec } = verification;
  put(clone, verificationFile(key), verificationCodec.write(spec));
  git(clone, 'rm', '-q', '-r', '--cached', '.');
  git(clone, 'add', '-f', verificationFile(key));
  git(clone, 'commit', '-q', '-m', 'what is to be verified');
  const ref = stateRefs.train('queue:x-12345678', (offers += 1));
  git(clone, 'push', '-q', state, `HEAD:${ref}`);
  const commit = git(clone, 'rev-parse', 'HEAD') as Sha;
  return { key, spec, candidate, source: { repository: remote.url, stateRemote: state, ref, commit } };
}
