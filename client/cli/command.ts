// What `coppice` does: one program for everything (docs/commands.md). Builds the command tree, runs it, and turns the
// outcome into an exit code.

import { constants } from 'node:os';
import { asksForJson } from './json-option.ts';
import { makeProgram } from './program.ts';
import { reportError } from './exit.ts';
import { makeOutput } from './output.ts';

// If the reader of the output stops (`coppice logs … | head`) or the terminal is closed, the process ends as other
// programs do.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(128 + constants.signals.SIGPIPE);
  if (error.code === 'EIO') process.exit(128 + constants.signals.SIGHUP);
  throw error;
});

const json = asksForJson(process.argv.slice(2));
try {
  await makeProgram().parseAsync(process.argv);
} catch (error) {
  // A runtime or connection that was opened must not keep a failed command alive.
  process.exit(reportError(error, makeOutput(process, json)));
}
