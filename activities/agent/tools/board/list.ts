// The tools of agents that know of one another.

import type { Tool } from '../tool.ts';
import { claimPaths } from './claim-paths.ts';
import { postMessage, readMessages } from './messages.ts';
import { readNotes, writeNote } from './notes.ts';

export const boardTools: readonly Tool[] = [postMessage, readMessages, writeNote, readNotes, claimPaths];
