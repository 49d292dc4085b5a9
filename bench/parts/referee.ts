// The verification command of the queue's benches, and who decides what it says. The command runs in the sandbox, where
// it sees only its worktree: it tells the bench over a socket which units are in the tree, sleeps, and fails if one of
// them is bad, or if the bench says that this verification is a flake. The bench counts the verifications of each tree,
// so a flake depends on the seed, the tree and that number, never on the clock; and it knows when each began and ended.
//
// The socket and the command are in a folder that the hosts show to their sandboxes, read-only, as a toolchain
// (COPPICE_SANDBOX_PATHS). Connecting writes to no file, so it works there.

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { type Socket, createServer } from 'node:net';
import { join } from 'node:path';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

export interface Verification {
  /** The units in the tree, without those that the branch began with: none. */
  readonly units: readonly string[];
  /** Milliseconds, as `Date.now()` has them; an end of null = still running. */
  readonly began: number;
  ended: number | null;
  /** From 1, of this tree. */
  readonly nth: number;
  readonly isFlake: boolean;
}

export interface Referee {
  /** For COPPICE_SANDBOX_PATHS. */
  readonly folder: string;
  /** The command for coppice.yaml. `court` separates queues that run at the same time. */
  command(court: string, seconds: number): string;
  /** In the order in which they began. */
  verifications(court: string): readonly Verification[];
  close(): Promise<void>;
}

/** Found in the sandbox's PATH. */
const name = 'bench-verify';

/** Anything but 0 is red. It finds the socket beside itself, wherever the sandbox shows it. */
const script = `#!/usr/bin/perl
use strict; use warnings; use IO::Socket::UNIX;
my ($court, $seconds) = @ARGV;
my @units = map { s{^units/}{}r } sort glob('units/*');
my $referee = IO::Socket::UNIX->new(Peer => $0 =~ s{[^/]+$}{socket}r) or die "no referee: $!\\n";
print $referee "$court @units\\n"; $referee->flush;
my $answer = <$referee> // '';
select(undef, undef, undef, $seconds);
my @bad = grep { /-bad$/ } @units;
die "bad: @bad\\n" if @bad;
die "it failed without a reason\\n" if $answer =~ /flake/;
`;

/** The file by which a unit changes the tree. */
export function unitFile(unit: string, isBad: boolean): string {
  return `units/${unit}${isBad ? '-bad' : ''}`;
}

/** `isFlake`: of the nth verification of a tree with these units. */
export async function openReferee(
  root: string,
  isFlake: (court: string, units: readonly string[], nth: number) => boolean,
): Promise<Referee> {
  const folder = join(root, 'referee');
  mkdirSync(folder);
  const [socketPath, program] = [join(folder, 'socket'), join(folder, name)];
  writeFileSync(program, script);
  chmodSync(program, 0o755);
  const courts = new Map<string, Verification[]>();
  const of = (court: string): Verification[] => {
    const known = courts.get(court) ?? [];
    courts.set(court, known);
    return known;
  };
  const hear = async (socket: Socket): Promise<void> => {
    const [line] = (await once(socket, 'data')) as [Buffer];
    const began = Date.now();
    const [court = '', ...files] = line.toString('utf8').trim().split(' ');
    const units = files.map((file) => file.replace(/-bad$/, ''));
    const before = of(court);
    const nth = 1 + before.filter((each) => each.units.join() === units.join()).length;
    const verification: Verification = { units, began, ended: null, nth, isFlake: isFlake(court, units, nth) };
    before.push(verification);
    socket.write(verification.isFlake ? 'flake\n' : 'go on\n');
    await text(socket);
    verification.ended = Date.now();
  };
  const server = createServer({ allowHalfOpen: false }, (socket) => {
    // A verification that is given up is killed.
    socket.on('error', () => undefined);
    void hear(socket).catch(() => undefined);
  });
  server.listen(socketPath);
  await once(server, 'listening');
  // Commands run with the sandbox's own uid.
  chmodSync(socketPath, 0o777);
  return {
    folder,
    command: (court, seconds) => `${name} ${court} ${seconds}`,
    verifications: (court) => of(court),
    async close() {
      server.close();
      await once(server, 'close');
    },
  };
}
