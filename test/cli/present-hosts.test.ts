import { describe, expect, it } from 'vitest';
import type { HostReport } from '../../contracts/activities/host.ts';
import { hostsText } from '../../client/cli/present/hosts.ts';

const now = new Date('2026-01-01T13:00:00Z');
const report: HostReport = {
  host: 'a',
  version: '1.2.3',
  sandbox: 'bwrap',
  startedAt: '2026-01-01T12:00:00Z',
  draining: false,
  lack: null,
  slots: { total: 16, used: 3 },
  verifySlots: { total: 4, used: 0 },
  free: { memoryMb: 20_000, diskMb: 900 },
  floor: { memoryMb: 512, diskMb: 1024 },
};

describe('hosts as text', () => {
  it('have a line each, and say what is the matter', () => {
    const lack = '900 MiB of disk are free, 1024 must be';
    const full: HostReport = { ...report, host: 'b', draining: true, sandbox: 'none', lack };
    const hosts = [
      { host: 'a', report },
      { host: 'b', report: full },
      { host: 'gone', report: null },
    ];
    expect(hostsText(hosts, {}, now)).toMatchInlineSnapshot(`
      "a     3/16 agents  0/4 checks  20 GiB memory free  900 MiB disk free  v1.2.3  for 1h 00m
      b     3/16 agents  0/4 checks  20 GiB memory free  900 MiB disk free  v1.2.3  for 1h 00m  draining; takes nothing new: 900 MiB of disk are free, 1024 must be; NO SANDBOX
      gone                                                                                      does not answer"
    `);
  });

  it('say so when there are none', () => {
    expect(hostsText([], {})).toBe('no host polls for work; start one with: coppice worker');
  });
});
