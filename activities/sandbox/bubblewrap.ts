// The bubblewrap driver: runs one command in its own namespaces, as a uid that is not root outside either. The
// command's environment and options are passed through a pipe, never through the environment or arguments of a program
// with the worker's rights. Created by open-sandbox.ts after it has tried what works on this host.

import { execFile, type ChildProcess } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { lchown, lstat, readdir } from 'node:fs/promises';
import { promisify } from 'node:util';

import { failure } from '../../contracts/failures.ts';
import { loaderSettings, sandboxArguments, stageArguments } from './bubblewrap-arguments.ts';
import type { Sandbox, SandboxCommand, SandboxResult } from './contract.ts';
import { prlimitArguments, type HardLimits } from './limits.ts';
import type { PipeFolder } from './output-pipe.ts';
import { readExitCode, runTree, type TreeResult } from './run-tree.ts';
import { StatusReport } from './bubblewrap-status.ts';
import type { SystemView } from './system-view.ts';

export interface BubblewrapSetup {
  readonly programs: {
    readonly choom: string;
    readonly bwrap: string;
    readonly setpriv: string;
    readonly prlimit: string;
    readonly env: string;
  };
  readonly view: SystemView;
  readonly hard: HardLimits;
  readonly pipes: PipeFolder;
  readonly redact: Sandbox['redact'];
  readonly networkAccess: Sandbox['networkAccess'];
  /** True if any command may have the network on this host. */
  readonly networkAllowed: boolean;
  readonly disableUserns: boolean;
  /** The outside uid of sandboxed processes if the worker is root; undefined = the worker's own uid. */
  readonly dropTo: { readonly uid: number; readonly gid: number } | undefined;
  /** True if root's rights are used to show sources that the dropped uid cannot reach. */
  readonly staged: boolean;
}

/** The child's descriptors: its options, its report, the gate before the command, the stage's report. */
const childFds = { options: 3, status: 4, gate: 5, stageStatus: 6 } as const;

/** `problem`: nothing ran, and this is bubblewrap's message. */
type Attempt = SandboxResult | { readonly problem: string };

export class BubblewrapSandbox implements Sandbox {
  readonly driver = 'bwrap';
  readonly redact: Sandbox['redact'];
  readonly networkAccess: Sandbox['networkAccess'];
  private readonly setup: BubblewrapSetup;

  constructor(setup: BubblewrapSetup) {
    this.setup = setup;
    this.redact = setup.redact;
    this.networkAccess = setup.networkAccess;
  }

  async run(command: SandboxCommand): Promise<SandboxResult> {
    let attempt = await this.attempt(command);
    // A missing working directory must not end the session: the command runs in `/` and can see for itself.
    if ('problem' in attempt && attempt.problem.startsWith("bwrap: Can't chdir to ") && command.cwd !== '/') {
      attempt = await this.attempt({ ...command, cwd: '/' });
    }
    if ('problem' in attempt) throw setupFailure(attempt.problem, command);
    return attempt;
  }

  async giveTo(path: string): Promise<void> {
    const owner = this.setup.dropTo;
    if (owner === undefined) return;
    if (!(await giveFew(path, owner))) {
      await promisify(execFile)('chown', ['-hR', '--', `${owner.uid}:${owner.gid}`, path]);
    }
  }

  private async attempt(command: SandboxCommand): Promise<Attempt> {
    const { pipes, staged } = this.setup;
    const { argv, options } = this.commandLine(command);
    const own = pipes.openFile('');
    const stage = staged ? pipes.openFile('') : undefined;
    const status = new StatusReport(own, stage ?? own);
    try {
      const tree = await runTree(
        {
          argv,
          env: {},
          cwd: '/',
          // In the order of `childFds`.
          stdio: ['pipe', own, 'pipe', ...(stage === undefined ? [] : [stage])],
          detached: false,
          onStart: (child) => {
            feedOptions(child, options);
            openGate(child);
          },
          kill: (child) => void status.kill(child),
          gone: () => status.treeGone(),
        },
        command,
        pipes,
      );
      return interpret(tree, status.exitCode());
    } finally {
      status.close();
    }
  }

  private commandLine(command: SandboxCommand): { argv: string[]; options: Buffer } {
    const { programs, view, hard, dropTo, staged, disableUserns, networkAllowed } = this.setup;
    const stage = staged ? stageArguments(view, command.mounts) : undefined;
    const network = command.network === true && networkAllowed;
    const inner = sandboxArguments(command, { view, network, disableUserns }, stage?.find);
    const loader = loaderSettings(command.env);
    const argv = [
      ...[programs.choom, ...goesFirst],
      ...(stage ? [programs.bwrap, ...stage.args, '--json-status-fd', `${childFds.stageStatus}`, '--'] : []),
      ...(dropTo ? [programs.setpriv, ...dropArguments(dropTo), '--'] : []),
      ...[programs.bwrap, '--args', `${childFds.options}`, '--json-status-fd', `${childFds.status}`, '--'],
      ...[programs.prlimit, ...prlimitArguments(command.limits, hard), '--', ...gate],
      ...(loader.length > 0 ? [programs.env, ...loader, ...command.argv] : command.argv),
    ];
    return { argv, options: Buffer.from(inner.map((arg) => `${arg}\0`).join('')) };
  }
}

/**
 * Bubblewrap's processes ask, one after the other, to die with their parents. A worker killed before the first one
 * asked would leave the command behind, so the first program inside reports its start and waits; without an answer it
 * exits. What survives a kill between two of them is ended by the next worker (sweep.ts in ../worktrees).
 */
const gate = [
  ...[
    '/bin/sh',
    '-c',
    `echo >&${childFds.gate}; read -r go <&${childFds.gate} || exit 1; exec "$@" ${childFds.gate}>&-`,
  ],
  'sh',
];

/**
 * If the machine runs out of memory, the kernel kills a command and not the worker: the limits of many processes add up
 * to more than there is.
 */
const goesFirst = ['-n', '1000', '--'];

/** Up to this many files, changing owners directly is faster than starting a program. */
const few = 100;

/** False if there are too many. Changes the owner of links themselves, without following them. */
async function giveFew(path: string, { uid, gid }: { uid: number; gid: number }): Promise<boolean> {
  // As bytes: names need not be UTF-8.
  const found = [Buffer.from(path)];
  for (let at = 0; at < found.length; at++) {
    const folder = found[at];
    if (folder === undefined || !(await lstat(folder)).isDirectory()) continue;
    for (const name of await readdir(folder, { encoding: 'buffer' }))
      if (found.push(Buffer.concat([folder, Buffer.from('/'), name])) > few) return false;
  }
  for (const each of found) await lchown(each, uid, gid);
  return true;
}

function feedOptions(child: ChildProcess, options: Buffer): void {
  const stream = child.stdio[childFds.options] as Duplex;
  stream.on('error', () => undefined);
  stream.end(options);
}

function openGate(child: ChildProcess): void {
  const stream = (child.stdio as readonly unknown[])[childFds.gate] as Duplex;
  stream.on('error', () => undefined);
  stream.once('data', () => stream.end('go\n'));
}

function dropArguments({ uid, gid }: { uid: number; gid: number }): string[] {
  const ids = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  return [...ids, '--inh-caps=-all', '--bounding-set=-all', '--pdeathsig=KILL'];
}

function interpret(tree: TreeResult, exitCode: number | undefined): Attempt {
  const measured = { output: tree.output, outputSize: tree.outputSize, seconds: tree.seconds };
  if (tree.ending === 'not-started') return { status: 'exited', exitCode: 126, ...measured };
  if (tree.ending !== 'ended') return { status: tree.ending, ...measured };
  // The sandbox itself was killed from outside, for example by the kernel's out-of-memory killer.
  if (tree.signal !== null) return { status: 'killed', signal: tree.signal, ...measured };
  if (exitCode === undefined) return { problem: tree.output.toString().trim() };
  return { ...readExitCode(exitCode), ...measured };
}

function setupFailure(problem: string, command: SandboxCommand): Error {
  const type =
    /No space left on device/.test(problem) && !/namespace/.test(problem) ? 'DiskFull' : 'SandboxUnavailable';
  return failure(
    type,
    `The sandbox for '${command.argv[0] ?? ''}' could not be set up: ${problem || 'it said nothing'}`,
  );
}
