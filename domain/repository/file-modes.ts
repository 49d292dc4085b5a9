// The modes of entries in git trees, as octal text.

export const folderMode = '40000';
export const linkMode = '120000';
export const submoduleMode = '160000';

/** A regular file, executable or not. */
export function isFileMode(mode: string): boolean {
  return mode.startsWith('100');
}

export function isFile<Entry extends { readonly mode: string }>(entry: Entry | null | undefined): entry is Entry {
  return entry?.mode !== undefined && isFileMode(entry.mode);
}
