import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type PortBlock, takePorts } from '../../activities/sandbox/port-block.ts';

const portsOf = ({ base, count }: Pick<PortBlock, 'base' | 'count'>) =>
  Array.from({ length: count }, (_, index) => base + index);

/** Another worker's process with blocks of its own. */
async function otherWorker(blocks: number, count: number) {
  const script = join(import.meta.dirname, 'fixtures/hold-ports.ts');
  const child = spawn(process.execPath, [script, `${blocks}`, `${count}`], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, blocks: (JSON.parse(line.toString()) as number[]).map((base) => ({ base, count })) };
}

describe('blocks of ports', () => {
  it('are disjoint, whatever their size', async () => {
    const blocks = await Promise.all([1, 10, 25, 10, 3, 100].map(takePorts));
    const ports = blocks.flatMap(portsOf);
    expect(new Set(ports).size).toBe(149);
    expect(Math.min(...ports)).toBeGreaterThanOrEqual(20_000);
    expect(Math.max(...ports)).toBeLessThan(32_000);
    await Promise.all(blocks.map(({ release }) => release()));
  });

  it('are disjoint between workers of a machine, and free again when one is killed', async () => {
    // They begin their search at nearly the same place, so they meet.
    const [one, two] = await Promise.all([otherWorker(60, 10), otherWorker(60, 10)]);
    const blocks = [...one.blocks, ...two.blocks];
    expect(new Set(blocks.flatMap(portsOf)).size).toBe(1200);
    for (const { child } of [one, two]) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    const names = blocks.map(({ base }) => `coppice-ports-${base}`);
    const held = readFileSync('/proc/net/unix', 'latin1');
    expect(names.filter((name) => held.includes(name))).toEqual([]);
  });

  it('are not there without end', async () => {
    await expect(takePorts(12_001)).rejects.toMatchObject({ type: 'PortsTaken' });
  });

  it('have no port that something listens on', async () => {
    const first = await takePorts(10);
    await first.release();
    const busy = createServer();
    const port = first.base + 14;
    busy.listen({ port, host: '127.0.0.1' });
    await once(busy, 'listening');
    expect((busy.address() as AddressInfo).port).toBe(port);
    const blocks = await Promise.all(Array.from({ length: 20 }, () => takePorts(10)));
    expect(blocks.flatMap(portsOf)).not.toContain(port);
    await Promise.all(blocks.map(({ release }) => release()));
    busy.close();
  });

  it('can be listened on', async () => {
    const { base, count, release } = await takePorts(3);
    const servers = portsOf({ base, count }).map((port) => createServer().listen(port));
    await Promise.all(servers.map((server) => once(server, 'listening')));
    expect(servers.map((server) => (server.address() as AddressInfo).port)).toEqual([base, base + 1, base + 2]);
    for (const server of servers) server.close();
    await release();
  });
});
