/** How large a change is, in files and lines. A binary file counts as a file and has no lines; a renamed one is two. */
export interface ChangeSize {
  readonly files: number;
  readonly additions: number;
  readonly deletions: number;
}
