// The generated pages of docs/. Called by scripts/generate-docs.ts and by the test that compares the committed files.

import { commandReference } from './command-reference.ts';
import { configReference } from './config-reference.ts';

/** File name in docs/ → its text. */
export function generatedDocs(): Record<string, string> {
  return {
    'commands.md': commandReference(),
    'config.md': configReference(),
  };
}
