// What the expansion of words needs from the walk through the script.

import type { ParsedScript, SyntaxNode } from 'unbash';
import type { Scope } from './scope.ts';
import type { Shape } from './fields.ts';

export interface Expanding {
  readonly scope: Scope;
  /** Walks a script within the word; answers with what it writes, as far as that is known. */
  readonly run: (script: ParsedScript | undefined, operator?: '<' | '>') => Shape;
  /** Walks the scripts within a node that is not expanded itself. */
  readonly visit: (node: SyntaxNode) => void;
  readonly giveUp: (reason: string) => void;
  readonly charge: (characters: number) => void;
}
