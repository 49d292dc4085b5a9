// A repository's files as the detection of its commands sees them: all paths, and the text of a few files. One `Folder`
// is the view from one folder; names below it are relative to that folder.

/** Paths of a repository, relative to its top with `/`, and the texts of those that `isRead` names. */
export interface ProjectFiles {
  readonly paths: readonly string[];
  readonly texts: Readonly<Record<string, string>>;
}

export interface Folder {
  /** Empty = the top of the repository. */
  readonly path: string;
  has(name: string): boolean;
  /** Whether a path below matches. */
  any(pattern: RegExp): boolean;
  /** Empty if there is no such file. */
  text(name: string): string;
}

/** Whether a choice applies to a folder. */
export type Condition = (folder: Folder) => boolean;

export const has =
  (...names: readonly string[]): Condition =>
  (folder) =>
    names.some((name) => folder.has(name));

export const any =
  (pattern: RegExp): Condition =>
  (folder) =>
    folder.any(pattern);

export const says =
  (name: string, pattern: RegExp): Condition =>
  (folder) =>
    pattern.test(folder.text(name));

export const either =
  (...conditions: readonly Condition[]): Condition =>
  (folder) =>
    conditions.some((condition) => condition(folder));

export const both =
  (...conditions: readonly Condition[]): Condition =>
  (folder) =>
    conditions.every((condition) => condition(folder));

export const not =
  (condition: Condition): Condition =>
  (folder) =>
    !condition(folder);

/** Files whose text shows which commands there are. */
const read =
  /(?:^|\/)(?:package\.json|yarn\.lock|\.yarnrc\.yml|pyproject\.toml|setup\.cfg|tox\.ini|[\w-]*requirements[\w-]*\.txt|requirements\/\w+\.txt|Pipfile|poetry\.lock|Cargo\.toml|\.cargo\/config(?:\.toml)?|\.gitignore|composer\.json|CMakeLists\.txt|(?:GNUm|m|M)akefile)$/;

export function isRead(path: string): boolean {
  return read.test(path) && depthOf(path) <= maxDepth;
}

/** How many folders below the top to look for projects: `packages/web/package.json` has two. */
const maxDepth = 2;
/** Samples and other people's code do not verify a repository. */
const passedOver =
  /(?:^|\/)(?:\..*|node_modules|vendor|third[_-]?party|external|examples?|samples?|demos?|fixtures?|tests?|testdata|__tests__|docs?|templates?|scripts|tools|benchmarks?)(?:\/|$)/i;

/** Whether a folder holds samples or other people's code. */
export function isPassedOver(folder: string): boolean {
  return passedOver.test(folder);
}

/** The folders that hold such a manifest, without those below another one. */
export function topmostFolders(paths: readonly string[], manifest: RegExp): string[] {
  const folders = paths
    .filter((path) => depthOf(path) <= maxDepth && manifest.test(baseOf(path)))
    .map(parentOf)
    .filter((folder) => !isPassedOver(folder));
  return [...new Set(folders)]
    .filter((folder) => !folders.some((other) => other !== folder && isBelow(folder, other)))
    .toSorted();
}

export function folderOf({ paths, texts }: ProjectFiles, path: string): Folder {
  const prefix = path === '' ? '' : `${path}/`;
  const below = paths.filter((each) => each.startsWith(prefix)).map((each) => each.slice(prefix.length));
  const names = new Set(below);
  return {
    path,
    has: (name) => names.has(name),
    any: (pattern) => below.some((each) => pattern.test(each)),
    text: (name) => texts[prefix + name] ?? '',
  };
}

function depthOf(path: string): number {
  return path.split('/').length - 1;
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function isBelow(folder: string, other: string): boolean {
  return other === '' ? folder !== '' : folder.startsWith(`${other}/`);
}
