// The files of a tree that determine what an install brings.

/** A file of the tree that package managers read. */
export interface ManifestFile {
  readonly path: string;
  readonly text: string;
}

export interface Manifests {
  readonly files: readonly ManifestFile[];
  /** All paths of the tree. */
  readonly paths: readonly string[];
}

export function textsOf(files: readonly ManifestFile[], name: RegExp): string[] {
  return files.filter(({ path }) => name.test(path)).map(({ text }) => text);
}
