/** One host path shown inside. Later mounts cover earlier ones. The base system is always there, read-only. */
export type Mount =
  | { readonly type: 'bind'; readonly source: string; readonly target: string; readonly writable: boolean }
  | { readonly type: 'tmpfs'; readonly target: string };

/** Whether a path is one of the folders, or in one. */
export function isBelow(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => path.startsWith(`${folder}/`) || path === folder);
}
