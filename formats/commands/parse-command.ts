// Reads a shell script and lists the simple commands that bash would, or could, run. Pure: nothing is run or looked up.
// Never throws: whatever cannot be read or followed is said in `unknown`, and then the list may lack commands.

import { type ParsedCommand, longestScript } from './command.ts';
import { type Walk, TooMuch } from './place.ts';
import { newScope } from './scope.ts';
import { run } from './walk.ts';
import { runText } from './scripts.ts';
import { runUncalled } from './calls.ts';

/** Characters that are read for one script, those of scripts within it included; a fraction of a second. */
const budget = 8 * longestScript;

export function parseCommand(text: string): ParsedCommand {
  if (text.length > longestScript) return { commands: [], unknown: 'it is too long to be followed' };
  if (text.includes('\0')) return { commands: [], unknown: 'it holds a zero byte' };
  const walk: Walk = { found: new Map(), unknown: null, budget, groups: 0, uncalled: new Set(), run };
  const place = { walk, scope: newScope(), perhaps: false, alternative: null };
  try {
    runText(text, place);
    runUncalled(place);
  } catch (error) {
    // Anything else would be a mistake here or in the parser, or a stack that is too small: not to be told from a
    // script that is made to cause it.
    walk.unknown = error instanceof TooMuch ? error.message : 'it cannot be parsed';
  }
  return { commands: [...walk.found.values()], unknown: walk.unknown };
}
