// The inspector of another Node process: forces garbage collections in all its threads, so that its memory can be compared.
// When V8 collects by itself depends on what happened before, and moves the memory of a worker by hundreds of MB.

import { setTimeout as sleep } from 'node:timers/promises';

const mainThread = null;
/** Of a worker thread: the inspector's name for it. */
type Thread = string | typeof mainThread;

export class Inspector {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<string, (message: Message) => void>();
  readonly #workers: string[] = [];
  #calls = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#take(mainThread, JSON.parse(String(data)) as Message));
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
    await inspector.#call(mainThread, 'NodeWorker.enable', { waitForDebuggerOnStart: false });
    return inspector;
  }

  /** Collects in all threads, a few times: what one frees may have held something of another. */
  async collectGarbage(): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      for (const thread of [mainThread, ...this.#workers]) await this.#call(thread, 'HeapProfiler.collectGarbage');
      await sleep(pauseMs);
    }
  }

  close(): void {
    this.#socket.close();
  }

  async #call(thread: Thread, method: string, params: object = {}): Promise<void> {
    const id = (this.#calls += 1);
    const answer = new Promise<Message>((resolve) => this.#waiting.set(`${thread}/${id}`, resolve));
    const message = JSON.stringify({ id, method, params });
    if (thread === mainThread) this.#socket.send(message);
    else await this.#call(mainThread, 'NodeWorker.sendMessageToWorker', { sessionId: thread, message });
    const { error } = await answer;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
  }

  #take(thread: Thread, { method, params, ...answer }: Message): void {
    if (method === 'NodeWorker.attachedToWorker') this.#workers.push(String(params?.['sessionId']));
    if (method === 'NodeWorker.receivedMessageFromWorker')
      this.#take(String(params?.['sessionId']), JSON.parse(String(params?.['message'])) as Message);
    const key = `${thread}/${answer.id}`;
    this.#waiting.get(key)?.(answer);
    this.#waiting.delete(key);
  }
}

/** An answer, or an event. */
interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}

const rounds = 3;
const pauseMs = 300;
