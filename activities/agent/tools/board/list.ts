// The tools of agents that know of one another.

import type { Tool } from '../tool.ts';
import { claimPaths } from './claim-paths.ts';
import { postMessage, readMessages } from './messages.ts';
import { readNotes, writeNote } from './notes.ts';

export const boardTools: readonly Tool[] = [postMessage, readMessages, writeNote, readNotes, claimPaths];

const telling: readonly Tool[] = [postMessage, writeNote, claimPaths];

/** Whether others see what a call does, so that it must not be made twice: the answer is in a checkpoint first. */
export function tellsOthers(name: string): boolean {
  return telling.some((tool) => tool.name === name);
}
