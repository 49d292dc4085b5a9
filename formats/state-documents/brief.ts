// The brief about a conflict, beside its text and the versions of the files under `.coppice/` of the commit on
// `stateRefs.brief`: what `coppice checkout` and `coppice resolve` read of it.

import { z } from 'zod';
import { codecOf } from './codec.ts';

export const briefFile = 'brief.json';
/** The same for people. */
export const briefTextFile = 'brief.md';
/** The folder with the versions of the files in conflict, a folder for each side. */
export const versionsFolder = 'versions';

/** The sides of a conflict, and git's number of their stage in an index. */
export const briefSides = { base: 1, target: 2, unit: 3 } as const;
export type BriefSide = keyof typeof briefSides;

export interface BriefEntry {
  /** As git writes it: `100644`, `120000`, … */
  readonly mode: string;
  readonly id: string;
}

export interface Brief {
  /** The unit's work that it was made for: if it is another one by now, the unit has continued. */
  readonly work: { readonly base: string; readonly tree: string };
  /** The commit of the target under the files. */
  readonly onto: string;
  readonly problem: string;
  readonly conflicts: readonly BriefConflict[];
}

export interface BriefConflict {
  readonly path: string;
  readonly kind: string;
  /** True if the merge has left markers in the file. */
  readonly marked: boolean;
  /** Null = that side has nothing there. */
  readonly versions: Readonly<Record<BriefSide, BriefEntry | null>>;
}

const entry = z.object({ mode: z.string(), id: z.string() }).nullable();

export const briefCodec = codecOf<Brief>()({
  name: briefFile,
  version: 1,
  since: '0.1.0',
  indent: 1,
  schema: z.object({
    work: z.object({ base: z.string(), tree: z.string() }),
    onto: z.string(),
    problem: z.string(),
    conflicts: z.array(
      z.object({
        path: z.string(),
        kind: z.string(),
        marked: z.boolean(),
        versions: z.object({ base: entry, target: entry, unit: entry }),
      }),
    ),
  }),
});
