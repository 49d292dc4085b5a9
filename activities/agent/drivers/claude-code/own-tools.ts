// Names of the tools that Coppice provides. Claude Code prefixes them with the name of their server; the journal, as
// for every driver, does not.

import type { Block } from '../../../../contracts/documents/journal.ts';

import { ownToolNames } from '../../tools/list.ts';

export const ownToolPrefix = 'mcp__coppice__';

/** Names as the journal keeps them. */
export function withOwnNames(blocks: readonly Block[]): Block[] {
  return blocks.map((block) => {
    const { type, name } = block;
    if (type !== 'tool_use' || typeof name !== 'string' || !name.startsWith(ownToolPrefix)) return block;
    return { ...block, name: name.slice(ownToolPrefix.length) };
  });
}

/** Names as Claude Code knows them. */
export function withServerNames(blocks: readonly Block[]): Block[] {
  return blocks.map((block) => {
    const { type, name } = block;
    const isOwn = type === 'tool_use' && typeof name === 'string' && ownToolNames.includes(name);
    return isOwn ? { ...block, name: `${ownToolPrefix}${name}` } : block;
  });
}
