// Where a repository keeps its CODEOWNERS, and what was found there.

/** The first of these that exists counts: GitHub's places in GitHub's order, then the one that only GitLab has. */
export const codeownersPlaces = ['.github/CODEOWNERS', 'CODEOWNERS', 'docs/CODEOWNERS', '.gitlab/CODEOWNERS'] as const;

/** GitHub reads no larger file either. */
export const maxCodeownersBytes = 3 * 1024 * 1024;

/** `file`: its path in the repository. `problem`: why it cannot be read; continues the path. */
export type CodeownersFile = { readonly file: string } & (
  | { readonly text: string; readonly problem?: never }
  | { readonly text?: never; readonly problem: string }
);
