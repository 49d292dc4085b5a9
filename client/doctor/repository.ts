// The repository of a run, for `coppice doctor`: can it be read, is its coppice.yaml valid, would it accept a push?
// Uses the code of `coppice run`; changes nothing.

import { errorText } from '../../domain/errors.ts';
import type { Config } from '../../contracts/documents/config.ts';
import type { Env } from '../../domain/environment.ts';
import type { Finding } from '../../domain/doctor/finding.ts';
import type { RepositoryUrl } from '../../domain/repository/url.ts';
import type { PlacedError } from '../../formats/yaml/placed-error.ts';
import type { Target } from '../../git/inspect-target.ts';
import { fail, notLookedAt, ok, warn } from '../../domain/doctor/finding.ts';
import { failure, failureHint } from '../../contracts/failures.ts';
import { formatPlacedError } from '../../formats/yaml/placed-error.ts';
import { localDifferences } from '../start/local-differences.ts';
import { listOf } from '../../domain/environment.ts';
import { parseConfig } from '../../formats/config-file/config-file.ts';
import { readRepository } from '../repository.ts';
import { refuseUnlistedToken, remoteFor } from '../../git/remote-for.ts';
import { refuseWhatCannotBe } from '../start/prepare-run.ts';
import { repositoryAllowed } from '../../formats/repository-allowed.ts';
import { globWarnings } from '../../formats/globs/plan-on-target.ts';
import { targetOf } from '../start/plan-target.ts';
import { tokenSecret } from '../../people/proof.ts';
import { tryPush } from '../../git/try-push.ts';

export interface RepositoryView {
  readonly repository: Finding;
  readonly 'coppice.yaml': Finding;
  /** The differences between the clone here and the target. No other check waits for this. */
  readonly clone: Finding | Promise<Finding>;
  /** Null if there is none, or none that is accepted. */
  readonly url: RepositoryUrl | null;
  /** The target branch; null when it could not be read. */
  readonly branch: string | null;
  /** The configuration of the target branch, else of the working copy here; null if neither could be read. */
  readonly config: Config | null;
}

/** Nothing is pushed, so the name only has to be free. */
const scratchRef = 'refs/heads/coppice/doctor';

export interface Given {
  /** Null = no repository here. */
  readonly repository: string | null;
  /** The coppice.yaml of the working copy here, which may not be on the target branch yet; null = none. */
  readonly configHere: string | null;
  /** The command's working directory. */
  readonly folder: string;
}

export async function checkRepository(given: Given, env: Env, signal: AbortSignal): Promise<RepositoryView> {
  const config = given.configHere === null ? null : (parseConfig(given.configHere, 'coppice.yaml').config ?? null);
  if (given.repository === null) {
    const why = 'there is no repository with an origin here';
    const hint = 'Run it in a clone, or name a repository with --repo.';
    const unseen = notLookedAt(why);
    return {
      repository: notLookedAt(why, hint),
      'coppice.yaml': unseen,
      clone: unseen,
      url: null,
      branch: null,
      config,
    };
  }
  let url: RepositoryUrl | null = null;
  try {
    url = readRepository(given.repository);
    refuseUnaccepted(url, env);
    const remote = { ...remoteFor(url.display, env), signal };
    const target = await targetOf(remote, null);
    const judged = judgeConfig(target, given.configHere, env);
    const clone = localDifferences({ folder: given.folder, except: [] }, remote, target).then(judgeClone, failed);
    const repository = await tryPush(remote, scratchRef, env).then(
      () => ok(`${target.branch} of ${remote.url} at ${target.tip.slice(0, 8)}, readable and writable`),
      failed,
    );
    const { branch } = target;
    return { repository, 'coppice.yaml': judged.finding, clone, url, branch, config: judged.config ?? config };
  } catch (error) {
    const unseen = notLookedAt('see repository');
    return { repository: failed(error), 'coppice.yaml': unseen, clone: unseen, url, branch: null, config };
  }
}

function judgeClone(differences: readonly string[]): Finding {
  if (differences.length === 0) return ok('the target has everything that is here');
  return warn(differences.join('; '), 'Commit and push what a run needs: it sees only what is on the remote.');
}

/** Throws whatever a worker with this environment would throw. */
function refuseUnaccepted(url: RepositoryUrl, env: Env): void {
  refuseUnlistedToken(env);
  if (repositoryAllowed(url, listOf(env['COPPICE_REPOSITORIES']))) return;
  throw failure('RepositoryRefused', `${url.display} is not in COPPICE_REPOSITORIES, so workers here do not accept it`);
}

function judgeConfig(target: Target, here: string | null, env: Env): { finding: Finding; config: Config | null } {
  const { branch, configText } = target;
  const text = configText ?? here;
  if (text === null) {
    const hint = `Write one with \`coppice init\`, and push it to ${branch}.`;
    return { finding: warn(`${branch} has none: what lands is not tested`, hint), config: null };
  }
  const { config, errors } = parseConfig(text, 'coppice.yaml');
  const where = configText === null ? 'here' : `on ${branch}`;
  if (errors !== undefined) return { finding: fail(describe(errors), `Fix it ${where}.`), config: null };
  if (configText !== null) return { finding: judgeReadConfig(config, target, env), config };
  const detail = `the one here is not on ${branch}: what lands is not tested`;
  return { finding: warn(detail, `Commit it, and push it to ${branch}.`), config };
}

function describe(errors: readonly PlacedError[]): string {
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return first === undefined ? 'it cannot be read' : `${formatPlacedError(first)}${more}`;
}

function judgeReadConfig(config: Config, target: Target, env: Env): Finding {
  let secret: string | null;
  try {
    secret = tokenSecret(env);
    refuseWhatCannotBe(config, { branch: null, override: null });
  } catch (error) {
    return failed(error);
  }
  const { setup, verify } = config;
  const unmatched = globWarnings(config, null, target);
  if (unmatched.length > 0) return warn(unmatched.join('; '), 'Fix the globs or remove them.');
  if (verify.length === 0) {
    return warn(
      `the one on ${target.branch} has no \`verify\`: what lands is not tested`,
      `Add the commands that must pass.`,
    );
  }
  if (secret === null && config.policy.some(({ tier }) => tier === 'critical')) {
    return warn(
      'a rule is `critical`, and COPPICE_TOKEN_SECRET is not set here',
      'The gateway and all workers that run workflows need the same one (`openssl rand -hex 32`); without it, nobody can approve what the rule asks about.',
    );
  }
  const names = verify.map(({ name }) => name).join(', ');
  return ok(`${setup === null ? '' : 'setup; '}verified by ${names}`);
}

function failed(error: unknown): Finding {
  return fail(errorText(error), failureHint(error) ?? 'This is a bug in Coppice.');
}
