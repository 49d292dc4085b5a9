// What an agent that asks people wants to do, in a few words on one line: the first thing that a rule asks about. Not inert.

import type { ToolRequest } from '../../contracts/tool-request.ts';
import { ruleNameOf } from '../../contracts/tool-names.ts';
import { shortened } from '../text/shown-paths.ts';
import { shownCommand } from '../text/command-lines.ts';

export interface Wish {
  readonly verb: 'run' | 'edit' | 'use';
  /** A command, a path or the name of a tool. */
  readonly what: string;
}

type Asked = Pick<ToolRequest, 'tool' | 'matched' | 'text'>;

/** What a rule is about if it is about the tool as such. */
export const anyCall = 'any call';

export function wishOf({ tool, matched, text }: Asked, longest = 100): Wish {
  const first = matched[0] ?? anyCall;
  const line = (words: string) => shortened(shownCommand(words).trim().replaceAll(/\s+/g, ' '), longest);
  switch (ruleNameOf(tool)) {
    case 'bash':
      return { verb: 'run', what: line(first === anyCall ? text : first) };
    case 'edit':
      return first === anyCall ? { verb: 'use', what: line(tool) } : { verb: 'edit', what: line(first) };
    default:
      return { verb: 'use', what: line(tool) };
  }
}

/** `wants to run: git push origin main`, `wants to edit src/a.ts` */
export function explainWish({ verb, what }: Wish): string {
  return `wants to ${verb}${verb === 'run' ? ':' : ''} ${what}`;
}
