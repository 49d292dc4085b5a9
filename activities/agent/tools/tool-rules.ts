// The run's rules about tool calls, for one session. What Claude Code calls `Bash`, `Edit` and `Write` is the same to a
// rule as our own tools.

import { posix } from 'node:path';
import type { Config } from '../../../contracts/documents/config.ts';
import type { CallVerdict, ToolRules } from '../drivers/contract.ts';
import type { ToolCall } from '../../../contracts/documents/journal.ts';
import { judgeTool } from '../../../formats/policy/judge-tool.ts';

export function toolRules(config: Config): ToolRules {
  return { judge: (call) => judge(config, call) };
}

function judge(config: Config, call: ToolCall): CallVerdict {
  const { verdict } = judgeTool(config, useOf(call));
  if (verdict.decide !== 'deny') return verdict;
  const what = verdict.matched.slice(0, 3).join('; ');
  return {
    decide: 'deny',
    why: `policy does not allow ${what} (${verdict.rule}). Find another way, or report the unit as blocked.`,
  };
}

type ToolUse = Parameters<typeof judgeTool>[1];

function useOf({ name, input }: ToolCall): ToolUse {
  const fields = new Map<string, unknown>(Object.entries(input ?? {}));
  const text = (field: string): string | undefined => {
    const value = fields.get(field);
    return typeof value === 'string' ? value : undefined;
  };
  const path = text('path') ?? text('file_path');
  const command = text('command');
  if (path === undefined) return { tool: name, ...(command === undefined ? {} : { command }) };
  // Our editor also looks at files.
  return command === 'view' ? { tool: 'Read' } : { tool: name, paths: [posix.relative('/work', path)] };
}
