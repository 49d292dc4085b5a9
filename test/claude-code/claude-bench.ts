// A host with the real Claude Code, for slices with that driver.

import type { SliceHostParts } from '../agent/slice-host.ts';
import { SliceBench } from '../agent/slice-bench.ts';
import { defaultConfig } from '../../contracts/documents/config.ts';
import { git } from '../git/make-repository.ts';
import { installClaudeCode } from './install.ts';

export const agent = { ...defaultConfig.agent, driver: 'claude-code' as const };

/** Calls of tools, for `claudeSteps`. */
export const bash = (command: string) => ({ Bash: { command } });

export const overloaded = { error: { status: 529, type: 'overloaded_error', message: 'busy' } };

export type ClaudeBench = Awaited<ReturnType<typeof openClaudeBench>>;

/** Takes some ten seconds the first time on a machine. */
export async function openClaudeBench(parts: Partial<SliceHostParts> = {}) {
  const installedIn = await installClaudeCode();
  const bench = await SliceBench.open({ ...parts, claudeCode: installedIn });
  const planned: SliceBench['planned'] = (script, plan = {}) =>
    bench.planned(script, { ...plan, config: { agent, ...plan.config } });
  const show = (commit: string, path: string) => git(bench.state, 'show', `${commit}:${path}`);
  return { bench, installedIn, planned, show };
}
