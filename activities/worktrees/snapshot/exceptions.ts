// Paths in an agent's worktree that git must not meet, and how they are handled: ignored paths are no work, whatever
// they are; nested repositories are stored as plain files; special files are left out and reported; unreadable paths
// are refused.

import type { Mount } from '../../sandbox/mount.ts';
import { failure } from '../../../contracts/failures.ts';
import { inertText } from '../../../git/inert-text.ts';

export interface Found {
  readonly kind: 'git' | 'special' | 'unreadable';
  /** As printed by `find`: `d` folder, `f` file, `p` FIFO, `s` socket, `b` and `c` devices. */
  readonly type: string;
  readonly path: Buffer;
}

/** How the sandbox can cover a path. */
interface Cover {
  /** An empty file of ours. */
  readonly empty: string;
  readonly driver: 'bwrap' | 'none';
}

const mostExceptions = 200;
const shownNames = 20;

/** Parses records of `<kind> <type> <path>`, each ended by NUL. */
export function readScan(scan: Buffer): Found[] {
  const found: Found[] = [];
  for (let at = 0, end = scan.indexOf(0); end !== -1; at = end + 1, end = scan.indexOf(0, at)) {
    const record = scan.subarray(at, end);
    const first = record.indexOf(32);
    const kind = record.subarray(0, first).toString('latin1');
    if (kind !== 'git' && kind !== 'special' && kind !== 'unreadable') {
      throw failure('SnapshotRefused', 'the snapshot is not usable');
    }
    const type = record.subarray(first + 1, first + 2).toString('latin1');
    found.push({ kind, type, path: record.subarray(first + 3) });
  }
  return found;
}

/**
 * `ignored`: the paths that git ignores, as bytes in latin1. An unreadable folder stays if it holds tracked files, even
 * if git ignores the others in it.
 */
export async function withoutIgnored(
  found: readonly Found[],
  ignored: ReadonlySet<string>,
  isTracked: (folder: Buffer) => Promise<boolean>,
): Promise<Found[]> {
  const work: Found[] = [];
  for (const each of found) {
    const asked = each.kind === 'git' ? `./${parentOf(each.path).toString('latin1')}` : each.path.toString('latin1');
    const hides = each.kind === 'unreadable' && each.type === 'd' && (await isTracked(each.path));
    if (!ignored.has(asked) || hides) work.push(each);
  }
  return work;
}

/**
 * Covers a nested repository's `.git`, so that git sees plain files around it. Skips paths that cannot be covered or
 * stored. Throws `SnapshotRefused` for unreadable paths.
 */
export function planExceptions(found: readonly Found[], cover: Cover): { masks: Mount[]; skipped: Buffer[] } {
  refuseUnreadable(found);
  if (found.length > mostExceptions) {
    const names = namesOf(found);
    throw failure(
      'SnapshotRefused',
      `the worktree has ${found.length} special files and nested repositories: ${names}`,
    );
  }
  const masks: Mount[] = [];
  const skipped: Buffer[] = [];
  for (const each of found) {
    const target = coverable(each.path, cover);
    if (each.kind !== 'git') skipped.push(each.path);
    else if (each.type === 'd' && target !== null) masks.push({ type: 'tmpfs', target });
    else if (each.type === 'f' && target !== null) masks.push(emptyAt(target, cover));
    else skipped.push(parentOf(each.path));
  }
  return { masks, skipped };
}

/** Git opens its own files by name, even if excluded, and a FIFO would hang it. */
export function masksOfNames(found: readonly Found[], cover: Cover): Mount[] {
  const names = found.filter(
    ({ kind, path }) => kind === 'special' && /(^|\/)\.git[^/]*$/.test(path.toString('latin1')),
  );
  if (names.length > mostExceptions) {
    throw failure('SnapshotRefused', `the worktree has ${names.length} special files by git's own names`);
  }
  return names.flatMap(({ path }) => {
    const target = coverable(path, cover);
    return target === null ? [] : [emptyAt(target, cover)];
  });
}

function refuseUnreadable(found: readonly Found[]): void {
  const unreadable = found.filter(({ kind }) => kind === 'unreadable');
  if (unreadable.length === 0) return;
  throw failure(
    'SnapshotRefused',
    `the worktree cannot be stored: these cannot be read: ${namesOf(unreadable)}. Make them readable with chmod (u+r, and u+rx for a folder), or remove them`,
  );
}

function namesOf(found: readonly Found[]): string {
  const names = found.slice(0, shownNames).map(({ path, type }) => {
    const name = inertText(path.toString('utf8')).slice(0, 300);
    return type === 'd' ? `${name}/` : name;
  });
  return names.join(', ') + (found.length > shownNames ? ` and ${found.length - shownNames} more` : '');
}

/** The path at which a mount can cover it; null if it cannot be covered. */
function coverable(path: Buffer, { driver }: Cover): string | null {
  const target = `/work/${path.toString('utf8')}`;
  const isText = Buffer.from(target).equals(Buffer.concat([Buffer.from('/work/'), path]));
  return isText && driver === 'bwrap' ? target : null;
}

function emptyAt(target: string, { empty }: Cover): Mount {
  return { type: 'bind', source: empty, target, writable: false };
}

function parentOf(path: Buffer): Buffer {
  const slash = path.lastIndexOf(47);
  return slash === -1 ? path : path.subarray(0, slash);
}
