// The run's rules about tool calls, for one session. What Claude Code calls `Bash`, `Edit` and `Write` is the same to a
// rule as our own tools.

import { posix } from 'node:path';
import type { Config } from '../../../contracts/documents/config.ts';
import type { CallVerdict, ToolRules } from '../drivers/contract.ts';
import type { ToolCall } from '../../../contracts/documents/journal.ts';
import { judgeTool } from '../../../formats/policy/judge-tool.ts';
import { ruleNameOf } from '../../../contracts/tool-names.ts';
import { editor } from './editor.ts';
import { fieldOf } from './tool-request.ts';

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

/** By the tool's own fields: others do nothing. */
function useOf(call: ToolCall): ToolUse {
  const { name } = call;
  const tool = ruleNameOf(name);
  if (tool === 'bash') return { tool, command: fieldOf(call, 'command') ?? '' };
  if (tool !== 'edit') return { tool };
  // Our editor also looks at files.
  if (name === editor.name && fieldOf(call, 'command') === 'view') return { tool: 'Read' };
  const path = fieldOf(call, name === editor.name ? 'path' : 'file_path');
  return { tool, paths: path === undefined ? [] : [posix.relative('/work', path)] };
}
