import { describe, expect, it } from 'vitest';
import { HostRoom, type FreeSpace } from '../../activities/host/room.ts';
import { Slots, makeDescribeHost } from '../../activities/host/describe-host.ts';

const floor = { memoryMb: 100, diskMb: 200 };

function roomWith(measured: FreeSpace) {
  const said: string[] = [];
  const log = {
    warn: (_: unknown, text: string) => said.push(text),
    info: (_: unknown, text: string) => said.push(text),
  };
  let now = measured;
  const room = new HostRoom({ home: '/', floor, log: log as never, measure: () => Promise.resolve(now) });
  return { room, said, set: (next: FreeSpace) => void (now = next) };
}

describe('a host', () => {
  it('gives work back for a while below its floor, and says so once each time', async () => {
    const { room, said, set } = roomWith({ memoryMb: 100, diskMb: 200 });
    await room.assertRoom();
    set({ memoryMb: 99, diskMb: 200 });
    const full = { type: 'HostFull', nonRetryable: false, nextRetryDelay: 15_000 };
    await expect(room.assertRoom()).rejects.toMatchObject(full);
    await expect(room.assertRoom()).rejects.toThrow('99 MiB of memory are free, 100 must be');
    set({ memoryMb: 100, diskMb: 199 });
    await expect(room.assertRoom()).rejects.toThrow('199 MiB of disk are free, 200 must be');
    set({ memoryMb: 100, diskMb: 200 });
    await room.assertRoom();
    expect(said).toEqual(['takes nothing new: 99 MiB of memory are free, 100 must be', 'takes work again']);
  });

  it('knows what this machine has', async () => {
    const room = new HostRoom({ home: import.meta.dirname, floor, log: { warn() {}, info() {} } as never });
    const { memoryMb, diskMb } = await room.measure();
    expect([memoryMb > 10, diskMb > 10]).toEqual([true, true]);
  });

  it('counts what it does, also when that fails', async () => {
    const { room } = roomWith({ memoryMb: 1, diskMb: 1 });
    const agents = new Slots(4);
    const describeHost = makeDescribeHost({
      host: 'h',
      version: '1',
      sandbox: 'bwrap',
      startedAt: '2026-01-01T00:00:00Z',
      room,
      slots: { agents, verify: new Slots(2) },
      draining: () => true,
    });
    const during = await agents.counting(() => describeHost())(undefined);
    expect(during).toMatchObject({ slots: { total: 4, used: 1 }, verifySlots: { total: 2, used: 0 }, draining: true });
    expect(during.lack).toContain('disk');
    await expect(agents.counting(() => Promise.reject(new Error('no')))(undefined)).rejects.toThrow('no');
    expect(agents.used).toBe(0);
  });
});
