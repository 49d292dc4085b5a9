// What `coppice` does: one program for everything (docs/commands.md). Builds the command tree, runs it, and turns
// whatever happens into an exit code.

import { constants } from 'node:os';
import { asksForJson } from './json-option.ts';
import { makeProgram } from './program.ts';
import { reportError } from './exit.ts';
import { makeOutput } from './output.ts';

// Anyone who reads the output may stop reading (`coppice logs … | head`), and a terminal may be closed: the end that these
// bring to programs.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(128 + constants.signals.SIGPIPE);
  if (error.code === 'EIO') process.exit(128 + constants.signals.SIGHUP);
  throw error;
});

const json = asksForJson(process.argv.slice(2));
try {
  await makeProgram().parseAsync(process.argv);
} catch (error) {
  // What has begun (a runtime, a connection) must not keep a command alive that has failed.
  process.exit(reportError(error, makeOutput(process, json)));
}
