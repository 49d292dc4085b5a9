// Detects if a command without network tried to use it, from the kernel's counters of the sandbox's network. So no
// program's messages need to be parsed.

import { randomUUID } from 'node:crypto';

export interface WatchedCommand {
  /** Run this with `sh -c` instead of the command. */
  readonly command: string;
  /** Splits off the command's own output; `tried` = it tried to use the network, null = it did not finish. */
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
 * Counts packets without a route (`OutNoRoutes`), queries to a missing name server (`NoPorts`), and refused
 * connections, such as to a mirror on loopback (`AttemptFails`).
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
