// A Temporal dev server with its data in a file, which can be killed and comes back with all that it knew.

import { type ChildProcess, spawn } from 'node:child_process';
import { Connection } from '@temporalio/client';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { devServerArguments } from '../../workers/server/temporal-server.ts';
import { findTemporal } from '../../workers/server/temporal-binary.mjs';
import { freePort } from '../free-port.ts';

export class DrillServer {
  readonly address: string;
  private readonly start: () => ChildProcess;
  private process: ChildProcess;

  private constructor(address: string, start: () => ChildProcess) {
    this.address = address;
    this.start = start;
    this.process = start();
  }

  static async open(database: string): Promise<DrillServer> {
    const [binary, port] = [await findTemporal(), await freePort()];
    const args = devServerArguments({ port, uiPort: null, database });
    const server = new DrillServer(`127.0.0.1:${port}`, () => spawn(binary, args, { stdio: 'ignore' }));
    await server.serving();
    return server;
  }

  /** As a power cut would, and back after `pauseMs`. */
  async killAndRestart(pauseMs: number): Promise<void> {
    await this.close();
    await sleep(pauseMs);
    this.process = this.start();
    await this.serving();
  }

  async close(): Promise<void> {
    const ended = once(this.process, 'exit');
    if (this.process.kill('SIGKILL')) await ended;
  }

  private async serving(): Promise<void> {
    for (let tries = 0; tries < 300; tries++) {
      const connection = await Connection.connect({ address: this.address, connectTimeout: '1s' }).catch(() => null);
      if (connection !== null) return connection.close();
      await sleep(100);
    }
    throw new Error(`no Temporal server at ${this.address} in time`);
  }
}
