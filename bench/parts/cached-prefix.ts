// How much of what a session resends is in the vendor's prompt cache. As the vendor describes it: a request consists of
// tools, system and messages, in this order. Everything before a mark (`cache_control`) is cached. The next request
// hits it if it has a mark at most twenty blocks after the cached end, and the same blocks up to there.

interface Block {
  readonly text: string;
  readonly marked: boolean;
}

/** The vendor looks for cached prefixes that end at most this many blocks before a mark. */
const looksBack = 20;

/**
 * `raw` are the bodies of a session's requests, in order. Returns the bytes sent before, and how many of them were
 * cached.
 */
export function cachedShare(raw: readonly string[]): { readonly resent: number; readonly cached: number } {
  let [resent, cached] = [0, 0];
  let before: readonly Block[] = [];
  /** Ends of cached prefixes, as counts of blocks of `before`. */
  let kept: readonly number[] = [];
  for (const body of raw) {
    const blocks = blocksOf(body);
    const common = commonLength(before, blocks);
    const marks = blocks.flatMap(({ marked }, i) => (marked ? [i + 1] : []));
    const found = kept.filter((end) => end <= common && marks.some((mark) => mark >= end && mark - end <= looksBack));
    resent += bytesOf(blocks.slice(0, common));
    cached += bytesOf(blocks.slice(0, Math.max(0, ...found)));
    before = blocks;
    kept = [...kept.filter((end) => end <= common), ...marks];
  }
  return { resent, cached };
}

interface Body {
  readonly tools?: readonly object[];
  readonly system?: readonly object[];
  readonly messages: readonly { readonly role: string; readonly content: string | readonly object[] }[];
}

function blocksOf(raw: string): Block[] {
  const { tools = [], system = [], messages } = JSON.parse(raw) as Body;
  const spoken = messages.flatMap(({ role, content }) =>
    (typeof content === 'string' ? [{ type: 'text', text: content }] : content).map((block) => ({ role, ...block })),
  );
  return [...tools, ...system, ...spoken].map((block) => {
    const { cache_control: mark, ...rest } = block as { cache_control?: unknown };
    return { text: JSON.stringify(rest), marked: mark !== undefined };
  });
}

function commonLength(a: readonly Block[], b: readonly Block[]): number {
  const at = b.findIndex(({ text }, i) => a[i]?.text !== text);
  return at === -1 ? b.length : at;
}

function bytesOf(blocks: readonly Block[]): number {
  return blocks.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
}
