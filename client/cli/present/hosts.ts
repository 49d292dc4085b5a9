// `coppice list --hosts` for people: a line for each host.

import type { Cell } from './table.ts';
import type { HostReports } from '../../../contracts/activities/host.ts';
import type { TextStream } from './colour.ts';
import { elapsed } from './amounts.ts';
import { painterFor, widthOf } from './colour.ts';
import { tableLines } from './table.ts';

export function hostsText(hosts: HostReports, stream: TextStream, now = new Date()): string {
  if (hosts.length === 0) return 'no host polls for work; start one with: coppice worker';
  return tableLines(
    hosts.map((host) => hostRow(host, now)),
    { width: widthOf(stream), paint: painterFor(stream), shrink: [7], drop: [6, 5] },
  ).join('\n');
}

/** Id, agents, verifications, memory, disk, version, age, problem. */
function hostRow({ host, report }: HostReports[number], now: Date): Cell[] {
  const name = { text: host, style: 'bold' } as const;
  if (report === null) return [name, '', '', '', '', '', '', { text: 'does not answer', style: 'yellow' }];
  const { slots, verifySlots, free, version, startedAt, sandbox, draining, lack } = report;
  const matters = [
    ...(draining ? ['draining'] : []),
    ...(lack === null ? [] : [`takes nothing new: ${lack}`]),
    ...(sandbox === 'none' ? ['NO SANDBOX'] : []),
  ];
  return [
    name,
    `${slots.used}/${slots.total} agents`,
    `${verifySlots.used}/${verifySlots.total} checks`,
    `${gibibytes(free.memoryMb)} memory free`,
    `${gibibytes(free.diskMb)} disk free`,
    `v${version}`,
    `for ${elapsed(startedAt, now)}`,
    { text: matters.join('; '), style: 'yellow' },
  ];
}

function gibibytes(mebibytes: number): string {
  return mebibytes < 10 * 1024 ? `${mebibytes} MiB` : `${Math.round(mebibytes / 1024)} GiB`;
}
