// A host with the real Claude Code, for slices with that driver.

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
export async function openClaudeBench() {
  const installedIn = await installClaudeCode();
  const bench = await SliceBench.open({ claudeCode: installedIn });
  const planned: SliceBench['planned'] = (script, parts = {}) =>
    bench.planned(script, { ...parts, config: { agent, ...parts.config } });
  const show = (commit: string, path: string) => git(bench.state, 'show', `${commit}:${path}`);
  return { bench, installedIn, planned, show };
}
