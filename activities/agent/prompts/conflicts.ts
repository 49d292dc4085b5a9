// The messages to an agent about conflicts: one sentence per file. Whether a file has conflict markers was read from
// the file itself.

import type { ConflictKind } from '../../../contracts/conflict.ts';

export interface ShownConflict {
  readonly path: string;
  readonly kind: ConflictKind;
  /** True if the file has git's conflict markers. */
  readonly marked: boolean;
  /** True if that side has something at the path. */
  readonly onTarget: boolean;
  readonly onUnit: boolean;
  /** The side whose version is in the worktree; absent = neither, or the file has markers. */
  readonly shows?: 'target' | 'unit';
  /** Files with the versions that are not in the worktree. */
  readonly offered: readonly { readonly side: 'target' | 'unit' | 'base'; readonly file: string }[];
  /** The command that regenerates a lock file; null = none. */
  readonly remake: string | null;
  /** The command that makes the file again once the agent ends its turn; absent = none. */
  readonly madeBy?: string;
}

/** Conflicts to list; the rest are only counted. */
const listed = 200;

export function conflictMet(conflicts: readonly ShownConflict[]): string {
  const more = conflicts.length - listed;
  const left = conflicts.filter(({ kind }) => kind === 'markers');
  const met = conflicts.filter(({ kind }) => kind !== 'markers');
  return [
    met.length > 0
      ? 'Your change is in conflict with what has landed on the target branch in the meantime. /work is now on the new state of the target, with your change merged into it. These files are in conflict:'
      : 'Your change cannot land as it is. /work is now on the newest state of the target branch, with your change merged into it.',
    ...conflicts.slice(0, listed).map((conflict) => `- ${sentence(conflict)}`),
    ...(more > 0 ? [`- and ${more} more (\`git status\` and \`git diff\` show what differs)`] : []),
    ...(met.some(({ marked }) => marked) ? ['', howMarkersRead] : []),
    ...(left.length > 0 ? ['', aboutMarkersOnPurpose] : []),
    ...(met.some(({ marked, madeBy }) => !marked && madeBy === undefined) ? ['', howToSettle] : []),
    '',
    'Then make sure that the checks pass, and end your turn.',
  ].join('\n');
}

const howMarkersRead =
  'Where a file carries markers of git: what stands between `<<<<<<<` and `=======` is the target’s, what stands between `=======` and `>>>>>>>` is yours. Resolve each by editing it: keep what both sides intend and remove the markers.';

const howToSettle =
  'A file without markers looks finished but is not: decide what must be there. Write it, copy one of the versions over it (`cp`), or delete it.';

/** Also sent to an agent that leaves markers in its own worktree. */
export const aboutMarkersOnPurpose =
  'Resolve the conflicts that are left. If a file shows such markers on purpose (documentation, a test), indent them, or give the file another `conflict-marker-size` in .gitattributes.';

/** For files in conflict without markers that the agent has not touched. */
export function unsettled(conflicts: readonly ShownConflict[]): string {
  return [
    'You ended your turn, but these files are still as the merge left them:',
    ...conflicts.map((conflict) => `- ${sentence(conflict)}`),
    '',
    conflicts.some(isMisplaced)
      ? 'Files that git has renamed (`~target`, `~unit`) cannot land under that name: put them where they belong.'
      : 'If a file is right as it is, end your turn again, and that counts as your choice. Otherwise write the file, copy one of the versions over it, or delete it.',
  ].join('\n');
}

/** True if git renamed the file because the other side has something at the same path. */
export function isMisplaced({ path }: { readonly path: string }): boolean {
  return /~(?:target|unit)(?:_\d+)?$/.test(path);
}

function sentence(conflict: ShownConflict): string {
  const { path, marked } = conflict;
  return `${path}: ${marked ? markedSentence(conflict) : plainSentence(conflict)}`;
}

function markedSentence({ kind }: ShownConflict): string {
  switch (kind) {
    case 'add/add':
      return 'both sides have added it, with different contents; it carries markers.';
    case 'markers':
      return 'markers of a conflict are in it.';
    case 'contents':
      return 'both sides have changed the same lines; it carries markers.';
    default:
      return `${kind}; it carries markers.`;
  }
}

function plainSentence(conflict: ShownConflict): string {
  const { kind, remake } = conflict;
  const where = versionsOf(conflict);
  switch (kind) {
    case 'markers':
      return 'markers of a conflict are in it.';
    case 'moved':
      return 'the target has renamed what was there before, so your change would land under this name, where this unit may not change anything. There are no markers: undo your change here (git has the target’s version of the file, or no such file), and make it in a place that your unit may change.';
    case 'lock':
      if (conflict.madeBy !== undefined)
        return `a file that \`${conflict.madeBy}\` makes, and that both sides have changed. It is the target’s version now${where}. Leave it: resolve the files that it is made from, and the command runs when you end your turn.`;
      return `a lock file that both sides have changed. There are no markers: it is the target’s version now${where}. Regenerate it with \`${remake ?? 'the install'}\` once you have resolved the files that it is made from.`;
    case 'binary':
      return `a binary file that both sides have changed. There are no markers: it is the target’s version now${where}.`;
    case 'mode':
      return `both sides have it with different modes (only one of them is executable, say). There are no markers${shown(conflict)}${where}.`;
    case 'submodule':
      return 'a submodule that both sides have moved. There are no markers: it is where the target has it now.';
    case 'modify/delete':
    case 'rename/delete':
      return `${deletion(conflict)}${where}.`;
    case 'rename/rename':
      return `the two sides have renamed the same file differently. There are no markers: decide which name it keeps${where}.`;
    case 'file/directory':
      return 'one side has a file where the other one has a folder; git has put the file beside it, under this name. There are no markers: put it where it belongs.';
    case 'distinct modes':
      return `each side has a different kind of thing there (a file, a link, a submodule). There are no markers${shown(conflict)}${where}.`;
    default:
      return `${kind}; there are no markers${shown(conflict)}${where}.`;
  }
}

function shown({ shows }: ShownConflict): string {
  return shows === undefined ? '' : `: ${shows === 'target' ? 'the target’s' : 'your'} version is there`;
}

function deletion({ onTarget, onUnit, kind }: ShownConflict): string {
  const changed = kind === 'rename/delete' ? 'renamed' : 'changed';
  if (onTarget)
    return `you have deleted it, and the target has ${changed} it. There are no markers: the target’s version is there`;
  if (onUnit)
    return `the target has deleted it, and you have ${changed} it. There are no markers: your version is there`;
  return `one side has deleted it, and the other one has ${changed} it. There are no markers`;
}

/** Names the files that hold the versions missing from the worktree. */
function versionsOf({ offered }: ShownConflict): string {
  const names = { target: 'the target’s', unit: 'yours', base: 'the common base' };
  return offered.length === 0 ? '' : `; ${offered.map(({ side, file }) => `${names[side]} is ${file}`).join(', ')}`;
}
