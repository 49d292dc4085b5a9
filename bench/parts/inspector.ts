// The inspector of another Node process: forces garbage collections in all its threads, so that its memory can be compared.
// When V8 collects by itself depends on what happened before, and moves the memory of a worker by hundreds of MB.

import { setTimeout as sleep } from 'node:timers/promises';

export interface Heap {
  /** Bytes. */
  readonly usedSize: number;
  readonly totalSize: number;
}

/** One thread of the process. */
interface Thread {
  call(method: string, params?: object): Promise<Record<string, unknown>>;
}

export class Inspector {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<string, (message: Message) => void>();
  readonly #workers: string[] = [];
  #calls = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#take(null, JSON.parse(String(data)) as Message));
  }

  /** The process runs with `--inspect=127.0.0.1:<port>`. */
  static async open(port: number): Promise<Inspector> {
    const answer = await fetch(`http://127.0.0.1:${port}/json/list`);
    const [target] = (await answer.json()) as { webSocketDebuggerUrl: string }[];
    if (target === undefined) throw new Error(`nothing can be inspected on port ${port}`);
    const socket = new WebSocket(target.webSocketDebuggerUrl);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', () => reject(new Error(`the inspector on port ${port} does not answer`)));
    });
    const inspector = new Inspector(socket);
    await inspector.#call(null, 'NodeWorker.enable', { waitForDebuggerOnStart: false });
    return inspector;
  }

  /** Collects in all threads until none gives anything back, which takes a few rounds: one frees what another held. */
  async collectGarbage(): Promise<Heap[]> {
    for (let round = 0; round < rounds; round++) {
      for (const { call } of this.#threads()) await call('HeapProfiler.collectGarbage');
      await sleep(pauseMs);
    }
    return await Promise.all(
      this.#threads().map(async ({ call }) => (await call('Runtime.getHeapUsage')) as unknown as Heap),
    );
  }

  close(): void {
    this.#socket.close();
  }

  #threads(): Thread[] {
    return [null, ...this.#workers].map((worker) => ({ call: (method, params) => this.#call(worker, method, params) }));
  }

  async #call(worker: string | null, method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = (this.#calls += 1);
    const answer = new Promise<Message>((resolve) => this.#waiting.set(`${worker}/${id}`, resolve));
    const message = { id, method, params };
    if (worker === null) this.#socket.send(JSON.stringify(message));
    else {
      const toWorker = { sessionId: worker, message: JSON.stringify(message) };
      await this.#call(null, 'NodeWorker.sendMessageToWorker', toWorker);
    }
    const { result, error } = await answer;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }

  #take(worker: string | null, { method, params, ...answer }: Message): void {
    if (method === 'NodeWorker.attachedToWorker') this.#workers.push(String(params?.['sessionId']));
    if (method === 'NodeWorker.receivedMessageFromWorker')
      this.#take(String(params?.['sessionId']), JSON.parse(String(params?.['message'])) as Message);
    const key = `${worker}/${answer.id}`;
    this.#waiting.get(key)?.(answer);
    this.#waiting.delete(key);
  }
}

/** An answer, or an event. */
interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

const rounds = 3;
const pauseMs = 300;
