// Whether a command that had no network tried to use it, told by the kernel's own counters of the sandbox's network, so
// that no words of any program in any language have to be understood.

import { randomUUID } from 'node:crypto';

export interface WatchedCommand {
  /** To be run by `sh -c` in place of the command. */
  readonly command: string;
  /** The command's own output, and whether it tried; null = it did not come to its end. */
  read(output: Uint8Array): { readonly output: Uint8Array; readonly tried: boolean | null };
}

export function watchNetwork(command: string): WatchedCommand {
  const mark = `network of ${randomUUID()}`;
  return {
    command: [
      `sh -c ${quoted(command)}`,
      'code=$?',
      `printf '\\n%s\\n' '${mark}'`,
      `grep -hE '^(Ip|Tcp|Udp):|^(Ip6OutNoRoutes|Udp6NoPorts)' /proc/net/snmp /proc/net/snmp6`,
      'exit $code',
    ].join('\n'),
    read(output) {
      const at = Buffer.from(output).lastIndexOf(`\n${mark}\n`);
      if (at < 0) return { output, tried: null };
      const counters = Buffer.from(output.subarray(at)).toString('utf8');
      return { output: output.subarray(0, at), tried: countAttempts(counters) > 0 };
    },
  };
}

/**
 * What goes nowhere (`OutNoRoutes`), questions to a name server that is not there (`NoPorts`), and connections that nobody
 * takes, a mirror on loopback among them (`AttemptFails`).
 */
function countAttempts(counters: string): number {
  const lines = counters.split('\n').map((line) => line.trim().split(/\s+/));
  const inTable = (table: string, name: string) => {
    const [names = [], values = []] = lines.filter(([first]) => first === table);
    return Number(values[names.indexOf(name)] ?? 0);
  };
  const alone = (name: string) => Number(lines.find(([first]) => first === name)?.[1] ?? 0);
  return (
    inTable('Ip:', 'OutNoRoutes') +
    inTable('Udp:', 'NoPorts') +
    inTable('Tcp:', 'AttemptFails') +
    alone('Ip6OutNoRoutes') +
    alone('Udp6NoPorts')
  );
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
