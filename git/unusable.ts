// git's messages about a repository that it will never accept, however often it is asked: its copy is shallow or
// damaged, its history has objects that git's checks refuse, or its objects have another format. Problems that may pass
// (a lost connection, a full disk) are not here, and neither is a refused credential, which a person can correct while
// a run waits.

import { inertText } from './inert-text.ts';

interface Cause {
  readonly said: RegExp;
  /** Explains the problem and the way out. */
  explain(found: RegExpExecArray): string;
}

const damaged = 'Restore it from a whole clone.';

const causes: readonly Cause[] = [
  {
    said: /shallow roots are not allowed|shallow update not allowed/,
    explain: () =>
      'it is a shallow clone, whose history ends in the middle. Complete it there with `git fetch --unshallow`.',
  },
  {
    said: /mismatched algorithms: client sha1; server (\w+)/,
    explain: ([, format = '']) =>
      `it has the object format ${format}, and Coppice works with SHA-1 only. Use a repository made without --object-format.`,
  },
  {
    said: /^(?:remote: )?(?:error|fatal): object ([0-9a-f]{40}): (\w+): ([^\n]*)/m,
    explain: ([, id = '', finding = '', words = '']) =>
      `git refuses to take its history: object ${id}: ${finding}: ${inertText(words)}. \`git fsck\` there lists all such ` +
      'objects. Rewrite the history without them (git filter-repo), or use a repository that begins with the present tree.',
  },
  {
    said: /trying to write non-commit object [0-9a-f]{40} to branch 'refs\/heads\/([^\n]*)'/,
    explain: ([, branch = '']) => unreadableRef(branch),
  },
  {
    said: /could not fetch ([0-9a-f]{40}) from promisor remote/,
    explain: ([, id = '']) =>
      `it is a partial clone, which does not have ${id}. Use the repository that it was cloned from, or a whole clone.`,
  },
  {
    said: /(?:loose|packed) object ([0-9a-f]{40}) [^\n]*is corrupt|missing (?:blob|tree|commit)(?: object)? '?([0-9a-f]{40})|(?:bad (?:object|tree object)|Could not read|unable to read tree(?: object)?|Failed to traverse parents of commit) \(?([0-9a-f]{40})/,
    explain: ([, ...ids]) =>
      `object ${ids.find((id) => id !== undefined) ?? ''} is missing or damaged there; \`git fsck\` there says more. ${damaged}`,
  },
];

/** Why the repository cannot be used, as a sentence about "it"; null if git's message does not say so. */
export function whyUnusable(said: string): string | null {
  for (const { said: pattern, explain } of causes) {
    const found = pattern.exec(said);
    if (found !== null) return explain(found);
  }
  return null;
}

/** The sentence for a ref whose commit is unreadable. */
export function unreadableRef(branch: string): string {
  return `its branch ${inertText(branch)} cannot be read: what it names is not a commit that is there. ${damaged}`;
}
