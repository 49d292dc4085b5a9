// Keeps the head and the tail of a command's output in bounded memory, however long it is. Bytes stay as they are; the
// reader makes them safe text.

export class OutputCollector {
  private readonly limit: number;
  private readonly head: Buffer[] = [];
  private headRoom: number;
  /** Ring buffer of the last bytes after the head; created when the head is full. */
  private tail: Buffer | undefined;
  private tailSize = 0;
  private total = 0;

  /** Keeps `limit` bytes in total, the first half from the head. */
  constructor(limit: number) {
    this.limit = Math.max(2, Math.floor(limit));
    this.headRoom = Math.ceil(this.limit / 2);
  }

  /** Bytes seen so far. */
  get size(): number {
    return this.total;
  }

  add(chunk: Uint8Array): void {
    this.total += chunk.length;
    const forHead = chunk.subarray(0, this.headRoom);
    // A copy, so that a short chunk does not keep the whole buffer it was read into.
    if (forHead.length > 0) this.head.push(Buffer.from(forHead));
    this.headRoom -= forHead.length;
    this.addToTail(chunk.subarray(forHead.length));
  }

  private addToTail(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.tail ??= Buffer.allocUnsafe(Math.floor(this.limit / 2));
    const ring = this.tail;
    const start = Math.max(0, bytes.length - ring.length);
    const at = (this.tailSize + start) % ring.length;
    const kept = bytes.subarray(start);
    const untilEnd = kept.subarray(0, ring.length - at);
    ring.set(untilEnd, at);
    ring.set(kept.subarray(untilEnd.length), 0);
    this.tailSize += bytes.length;
  }

  /** The bytes kept; if some are missing, a line between head and tail says how many. */
  finish(): Buffer {
    const tail = this.orderedTail();
    const missing = this.tailSize - tail.length;
    const mark = missing > 0 ? [Buffer.from(`\n[... ${missing} bytes left out ...]\n`)] : [];
    return Buffer.concat([...this.head, ...mark, tail]);
  }

  private orderedTail(): Buffer {
    const ring = this.tail;
    if (ring === undefined) return Buffer.alloc(0);
    if (this.tailSize <= ring.length) return ring.subarray(0, this.tailSize);
    const at = this.tailSize % ring.length;
    return Buffer.concat([ring.subarray(at), ring.subarray(0, at)]);
  }
}
