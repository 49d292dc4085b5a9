// How large the pool of prepared worktrees is: pure decisions over its templates (one per setup fingerprint, with its
// ready copies). The least recently used goes first; anything in use never goes.

export interface StoredTemplate {
  readonly key: string;
  /** Disk use of the template; a ready copy counts the same. */
  readonly bytes: number;
  readonly ready: number;
  /** Milliseconds since the epoch. */
  readonly usedAt: number;
  /** Number of operations that are copying or making it. */
  readonly users: number;
}

/** Recent demand decides how many copies to keep. */
const demandWindowMs = 10 * 60_000;
const idleAfterMs = 60 * 60_000;

/** How many copies of a template should be ready: as many as were taken in the last ten minutes, or one for an hour. */
export function copiesWanted(takenAt: readonly number[], now: number, slots: number): number {
  const lately = takenAt.filter((time) => time > now - demandWindowMs).length;
  const least = takenAt.some((time) => time > now - idleAfterMs) ? 1 : 0;
  return Math.min(slots, Math.max(lately, least));
}

export function bytesOf(shelved: readonly StoredTemplate[]): number {
  return shelved.reduce((sum, { bytes, ready }) => sum + bytes * (1 + ready), 0);
}

/** What to evict: templates that lose their copies, and templates that go with their copies. */
export interface Evictions {
  readonly copiesOf: readonly string[];
  readonly templates: readonly string[];
}

/**
 * Evictions that keep the pool below `bound` after a new template or one more copy; null if that is impossible. Least
 * recently used goes first. Copies are cheap, so they go before templates, and a copy never evicts another template.
 */
export function makeRoom(
  shelved: readonly StoredTemplate[],
  wanted: { readonly key: string; readonly bytes: number; readonly kind: 'template' | 'copy' },
  bound: number,
): Evictions | null {
  const { key: own, bytes, kind } = wanted;
  const latest = kind === 'copy' ? (shelved.find(({ key }) => key === own)?.usedAt ?? 0) : Number.POSITIVE_INFINITY;
  const candidates = shelved
    .filter(({ key, users, usedAt }) => key !== own && users === 0 && usedAt <= latest)
    .toSorted((a, b) => a.usedAt - b.usedAt);
  let excess = bytesOf(shelved) + bytes - bound;
  const copiesOf: string[] = [];
  for (const each of candidates) {
    if (excess <= 0 || each.ready === 0) continue;
    copiesOf.push(each.key);
    excess -= each.bytes * each.ready;
  }
  const templates: string[] = [];
  for (const each of kind === 'template' ? candidates : []) {
    if (excess <= 0) break;
    templates.push(each.key);
    excess -= each.bytes;
  }
  return excess <= 0 ? { copiesOf, templates } : null;
}

/**
 * Whether a tree has something where a setup made things (`made`: paths, folders with `/` at their end). If so, their
 * order matters, and only a setup on that very tree gives the right result.
 */
export function meetsMade(changed: readonly string[], made: readonly string[]): boolean {
  return changed.some((path) =>
    made.some(
      (each) =>
        path === each ||
        `${path}/` === each ||
        (each.endsWith('/') && path.startsWith(each)) ||
        each.startsWith(`${path}/`),
    ),
  );
}
