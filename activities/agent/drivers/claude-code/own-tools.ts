// The names of the tools that Coppice brings: Claude Code knows them with the name of their server before them, the
// journal, as for every driver, without.

import type { Block } from '../../../../contracts/documents/journal.ts';

import { ownTools } from '../../tools/list.ts';

export const ownToolPrefix = 'mcp__coppice__';

const ownNames = ownTools.map(({ name }) => name);

/** As the journal keeps an answer. */
export function withOwnNames(blocks: readonly Block[]): Block[] {
  return blocks.map((block) => {
    const { type, name } = block;
    if (type !== 'tool_use' || typeof name !== 'string' || !name.startsWith(ownToolPrefix)) return block;
    return { ...block, name: name.slice(ownToolPrefix.length) };
  });
}

/** As Claude Code asked for it. */
export function withServerNames(blocks: readonly Block[]): Block[] {
  return blocks.map((block) => {
    const { type, name } = block;
    const isOwn = type === 'tool_use' && typeof name === 'string' && ownNames.includes(name);
    return isOwn ? { ...block, name: `${ownToolPrefix}${name}` } : block;
  });
}
