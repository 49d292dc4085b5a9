// The modes of entries in git trees, as octal text.

export const folderMode = '40000';
export const linkMode = '120000';
export const submoduleMode = '160000';

/** The mode that git takes an entry's mode for: trees of old tools have `100664`, `040000` and others. */
export function canonicalMode(mode: string): string {
  const bits = Number.parseInt(mode, 8);
  switch (bits & 0o170000) {
    case 0o100000:
      return (bits & 0o100) === 0 ? '100644' : '100755';
    case 0o120000:
      return linkMode;
    case 0o040000:
      return folderMode;
    default:
      return submoduleMode;
  }
}

/** A regular file, executable or not. */
export function isFileMode(mode: string): boolean {
  return mode.startsWith('100');
}

export function isFile<Entry extends { readonly mode: string }>(entry: Entry | null | undefined): entry is Entry {
  return entry?.mode !== undefined && isFileMode(entry.mode);
}
