// Contacts remotes: listing, fetching and pushing, through simple-git in the same hardened environment as every other
// git command. Errors leave here as failures of the catalogue, with the remote's words made inert and without
// credentials. Which remotes are allowed is decided earlier (domain/repository/url.ts), not here.

import { errorText } from '../domain/errors.ts';
import { type SimpleGit, simpleGit } from 'simple-git';
import { type Sha, isSha } from '../contracts/ids.ts';
import { type GitCredentials, askpassEnvironment } from './askpass.ts';
import { failure, failureType } from '../contracts/failures.ts';
import { OutputCollector } from './collect-output.ts';
import { diskFull } from './run-git.ts';
import { gitEnvironment } from './git-environment.ts';
import { inertText } from './inert-text.ts';
import { whyUnusable } from './unusable.ts';

export interface Remote {
  readonly url: string;
  /** Null = we offer none (ssh, local paths, hosts that the operator did not list). */
  readonly credentials: GitCredentials | null;
  /** Aborting ends the command early; the failure is that of an unreachable remote. */
  readonly signal?: AbortSignal;
  /** After so many milliseconds without a word of git, the command ends; default: five minutes. */
  readonly silenceMs?: number;
}

export interface RemoteRefs {
  /** The branch that HEAD names; null if HEAD is detached or missing. */
  readonly head: string | null;
  readonly refs: ReadonlyMap<string, Sha>;
}

export interface PushUpdate {
  readonly ref: string;
  /** Null deletes the ref. */
  readonly commit: Sha | null;
  /** The ref's expected value on the remote; null = it must not exist. */
  readonly lease: Sha | null;
}

export type PushOutcome =
  | { readonly status: 'pushed' }
  /** The ref does not match the lease; or, where there is a message, the remote could not move it. */
  | { readonly status: 'stale'; readonly message?: string }
  | { readonly status: 'refused'; readonly message: string };

/** HEAD and the refs that match `patterns` (none = all refs). Throws `RepositoryUnreachable`. */
export async function listRemote(remote: Remote, patterns: readonly string[] = []): Promise<RemoteRefs> {
  const wanted = patterns.length === 0 ? [] : ['HEAD', ...patterns];
  const text = await talk(remote, null, (git) => git.listRemote(['--symref', '--', remote.url, ...wanted]));
  const refs = new Map<string, Sha>();
  let head: string | null = null;
  for (const line of text.split('\n')) {
    const [value = '', name = ''] = line.split('\t');
    if (value.startsWith('ref: refs/heads/') && name === 'HEAD') head = value.slice('ref: refs/heads/'.length);
    // git also matches patterns at the end of a name: `refs/heads/main` finds `refs/heads/refs/heads/main` too.
    else if (isSha(value) && (patterns.length === 0 || name === 'HEAD' || patterns.some((p) => matches(p, name))))
      refs.set(name, value);
  }
  return { head, refs };
}

function matches(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

/**
 * Fetches full refspecs; `missing` if the remote lacks one of them. Throws `RepositoryUnreachable`, and
 * `RepositoryUnusable` if no retry can help.
 */
export async function fetchRefs(
  gitDir: string,
  remote: Remote,
  refspecs: readonly string[],
  options: { depth?: number; prune?: boolean } = {},
): Promise<'fetched' | 'missing'> {
  const flags = [
    '--verbose',
    '--progress',
    '--no-tags',
    '--no-write-fetch-head',
    '--no-recurse-submodules',
    '--no-auto-maintenance',
  ];
  const depth = options.depth === undefined ? [] : [`--depth=${options.depth}`];
  const prune = options.prune === true ? ['--prune'] : [];
  try {
    // If the source is shallow, git only says that it did not update the refs, and exits with 0.
    const heard = (_: string, stderr: string): void => {
      const why = whyUnusable(stderr);
      if (why !== null) shallow = unusable(remote, why);
    };
    let shallow: Error | null = null as Error | null;
    await talk(
      remote,
      gitDir,
      (git) => git.fetch([...flags, ...depth, ...prune, '--', remote.url, ...refspecs]),
      heard,
    );
    if (shallow !== null) throw shallow;
    return 'fetched';
  } catch (error) {
    if (
      failureType(error) === 'RepositoryUnreachable' &&
      /couldn't find remote ref|not our ref|unadvertised object/.test(String(error))
    ) {
      return 'missing';
    }
    throw error;
  }
}

/**
 * Pushes each update with its lease. A refused ref does not stop the others, unless it is all or nothing (`atomic`).
 * Throws `RepositoryUnreachable` if the remote gave no answer per ref; any of them may then have been applied. With
 * `dryRun`, none is applied.
 */
export async function pushRefs(
  gitDir: string,
  remote: Remote,
  updates: readonly PushUpdate[],
  { dryRun = false, atomic = false }: { readonly dryRun?: boolean; readonly atomic?: boolean } = {},
): Promise<Map<string, PushOutcome>> {
  const kind = [...(dryRun ? ['--dry-run'] : []), ...(atomic ? ['--atomic'] : [])];
  const flags = ['--porcelain', '--progress', '--no-verify', '--recurse-submodules=no', ...kind];
  const leases = updates.map(({ ref, lease }) => `--force-with-lease=${ref}:${lease ?? ''}`);
  const refspecs = updates.map(({ ref, commit }) => `${commit ?? ''}:${ref}`);
  let answer: RemoteAnswer;
  try {
    answer = { stdout: '', stderr: '' };
    const pushed = (stdout: string, stderr: string) => (answer = { stdout, stderr });
    await talk(remote, gitDir, (git) => git.push([...flags, ...leases, remote.url, ...refspecs]), pushed);
  } catch (error) {
    if (!(error instanceof PartialPush)) throw error;
    answer = error.answer;
  }
  return readPushAnswer(answer, secretsOf(remote));
}

interface RemoteAnswer {
  readonly stdout: string;
  readonly stderr: string;
}

/** git exited with 1, but with an answer for every ref. */
class PartialPush extends Error {
  readonly answer: RemoteAnswer;
  constructor(answer: RemoteAnswer) {
    super('the remote refused some refs');
    this.answer = answer;
  }
}

function readPushAnswer({ stdout, stderr }: RemoteAnswer, secrets: readonly string[]): Map<string, PushOutcome> {
  const outcomes = new Map<string, PushOutcome>();
  for (const line of stdout.split('\n')) {
    const [flag, spec = '', summary = ''] = line.split('\t');
    const ref = spec.slice(spec.indexOf(':') + 1);
    if (flag === undefined || flag.length !== 1 || !spec.includes(':')) continue;
    if (flag !== '!') outcomes.set(ref, { status: 'pushed' });
    else if (isStale(summary)) outcomes.set(ref, { status: 'stale' });
    else {
      const message = refusal(summary, stderr, secrets);
      outcomes.set(ref, { status: hasNotMoved(summary) ? 'stale' : 'refused', message });
    }
  }
  return outcomes;
}

function isStale(summary: string): boolean {
  return /\((?:stale info|fetch first|non-fast-forward|incorrect old value provided|reference already exists)\)/.test(
    summary,
  );
}

/** Usually the ref moved between the remote's advertisement and its update. */
function hasNotMoved(summary: string): boolean {
  return /\((?:failed to update ref|cannot lock ref.*)\)/.test(summary);
}

function refusal(summary: string, stderr: string, secrets: readonly string[]): string {
  const said = withoutProgress(stderr)
    .split('\n')
    .filter((line) => line.startsWith('remote:'))
    .map((line) => line.slice('remote:'.length).trim())
    .filter((line) => line !== '');
  return inertText([summary.replace(/^\[remote rejected\] /, ''), ...said].join('\n'), secrets);
}

/** Bytes of git's stderr, which has the remote's words. */
const mostSaid = 64 * 1024;

/** Runs one command against a remote. `heard` gets git's output if it succeeded. */
async function talk<Answer>(
  remote: Remote,
  gitDir: string | null,
  command: (git: SimpleGit) => PromiseLike<Answer>,
  heard?: (stdout: string, stderr: string) => void,
): Promise<Answer> {
  // simple-git appends its own options, so a `--` before the URL is not always possible.
  if (remote.url.startsWith('-')) throw failure('RepositoryRefused', 'a repository URL cannot begin with a dash');
  const env = {
    ...gitEnvironment(process.env, [transportOf(remote.url)]),
    ...askpassEnvironment(remote.url, remote.credentials),
    ...(gitDir === null ? {} : { GIT_DIR: gitDir }),
  };
  let failed: Error | null = null;
  const said = new OutputCollector(mostSaid);
  const git = simpleGit({
    baseDir: '/',
    // Of silence: git says how far it is.
    timeout: { block: remote.silenceMs ?? 300_000 },
    ...(remote.signal === undefined ? {} : { abort: remote.signal }),
    // By default, simple-git listens for 50 ms after git exits, so a busy process may miss the last output; a longer
    // time would keep this process alive that long after each command. Waiting for the streams to close is safe: an ssh
    // master connection does not keep them open.
    completion: { onClose: true, onExit: false },
    // Otherwise git's stdin stays open.
    input: () => '\n',
    allowEnvironment: Object.keys(env),
    // simple-git asks about these settings, but our environment turns them all off.
    unsafe: {
      allowUnsafeAskPass: true,
      allowUnsafeConfigPaths: true,
      allowUnsafeConfigEnvCount: true,
      allowUnsafeCredentialHelper: true,
      allowUnsafeFsMonitor: true,
      allowUnsafeHooksPath: true,
      allowUnsafeSshCommand: true,
      allowUnsafeProtocolOverride: true,
    },
    errors: (error, result) => {
      const stdout = Buffer.concat(result.stdOut).toString('utf8');
      const stderr = Buffer.concat([...result.stdErr, said.finish()]).toString('utf8');
      // simple-git treats death by a signal (no exit code) as success.
      if (result.exitCode === 0 && error === undefined) {
        heard?.(stdout, stderr);
        return undefined;
      }
      const partial = result.exitCode === 1 && heard !== undefined && /^!\t/m.test(stdout);
      failed = partial ? new PartialPush({ stdout, stderr }) : unreachable(remote, stderr || String(error));
      return failed;
    },
  })
    .env(env)
    .outputHandler((_command, _stdout, stderr) => {
      // simple-git would keep all that a remote's hooks say.
      stderr.removeAllListeners('data').on('data', (chunk: Buffer) => said.add(chunk));
    });
  try {
    return await command(git);
  } catch (error) {
    throw failed ?? unreachable(remote, errorText(error));
  }
}

/** Without what `--progress` adds: `Counting objects:  50% (1/2)`. */
function withoutProgress(stderr: string): string {
  return stderr
    .split('\n')
    .map((line) => line.split('\r').findLast((part) => part.trim() !== '') ?? '')
    .filter((line) => !/^(?:remote: *)?[A-Z][a-z]+ [a-z ]+: +(?:\d+% \(\d+\/\d+\)|\d+, done)/.test(line))
    .join('\n');
}

function unreachable(remote: Remote, stderr: string): Error {
  if (remote.signal?.aborted === true) {
    return failure('RepositoryUnreachable', `${inertText(remote.url)} did not answer in time`);
  }
  const said = inertText(withoutProgress(stderr).replaceAll(/^hint:.*$/gm, ''), secretsOf(remote));
  const forGood = whyUnusable(stderr);
  if (forGood !== null) return unusable(remote, forGood);
  return diskFull(stderr) ?? failure('RepositoryUnreachable', `${inertText(remote.url)} cannot be used: ${said}`);
}

/** The failure for a repository that no retry can make usable; `why` is a sentence about "it", with the way out. */
export function unusable(remote: Remote, why: string): Error {
  return failure('RepositoryUnusable', `${inertText(remote.url)} cannot be used: ${why}`);
}

function secretsOf(remote: Remote): string[] {
  return remote.credentials === null ? [] : [remote.credentials.token];
}

function transportOf(url: string): 'https' | 'ssh' | 'file' {
  if (/^https:\/\//i.test(url)) return 'https';
  return url.startsWith('/') ? 'file' : 'ssh';
}
