// What `prune` prints.

import { z } from 'zod';
import { count, runId, time, version } from './parts.ts';

export const prune = z
  .object({
    version,
    dryRun: z.boolean().meta({ description: 'Nothing was deleted; this is what would be.' }),
    before: time('What ended, or was last used, before this time.'),
    stateRemote: z.string(),
    runs: z
      .array(
        z.object({
          run: runId,
          endedAt: time('When it ended; when its newest commit was made, where Temporal no longer remembers it.'),
          remembered: z.boolean().meta({ description: 'Whether Temporal still remembers it.' }),
          refs: count('Its refs on the state remote.'),
        }),
      )
      .meta({ description: 'Runs that ended, oldest first.' }),
    generated: count('Refs of files that the merge queue has made again before that time.'),
    trains: count('Refs of the merge queues’ trains from before that time that nothing needs any more.'),
    refs: z.object({
      found: count('Refs of these runs, files and trains.'),
      deleted: count('Deleted.'),
      moved: count('Left, because they or their run changed meanwhile.'),
      refused: count('Those that the remote did not let go.'),
    }),
    host: z
      .object({
        home: z.string(),
        status: z.enum(['absent', 'in-use', 'idle']).meta({
          description: '`in-use`: a worker is running on this home, and everything in it is left alone.',
        }),
        mirrors: count('Mirrors of repositories.'),
        worktrees: count('Prepared worktrees.'),
        bytes: count('What they take.'),
      })
      .meta({ description: 'COPPICE_HOME on this host.' }),
  })
  .meta({ title: 'Pruning', description: 'What `coppice prune --json` prints.' });
