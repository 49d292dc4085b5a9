// The run's rules about tool calls, for one session. What Claude Code calls `Bash`, `Edit` and `Write` is the same to a
// rule as our own tools.

import type { Config } from '../../../contracts/documents/config.ts';
import type { CallVerdict, ToolRules } from '../drivers/contract.ts';
import type { ToolCall } from '../../../contracts/documents/journal.ts';

export function toolRules(config: Config): ToolRules {
  return { judge: (call) => judge(config, call) };
}

async function judge(_config: Config, _call: ToolCall): Promise<CallVerdict> {
  return { decide: 'allow' };
}
