// What a run would be, before it is started: shown by `run --dry-run` and above the question whether to start it. Pure.

import type { PreparedRun } from '../../api.ts';
import { chainText } from './validate.ts';
import { count, dollars, shortSha } from './amounts.ts';
import { criticalPath } from '../../../domain/dag.ts';
import { inertLine } from './inert.ts';

/** A line for each thing that matters. */
export function preparedText({ repository, branch, base, plan, config, stateRemote, maxCostUsd }: PreparedRun): string {
  const { units } = plan;
  const verification = config.verify.map(({ name }) => inertLine(name)).join(', ');
  return [
    ['target', `${inertLine(branch)} of ${inertLine(repository)}, at ${shortSha(base)}`],
    ['units', `${count(units.length, 'unit')}, at most ${config.run.parallel} at once`],
    ['chain', `the longest has ${chainText(criticalPath(units))}`],
    ['model', inertLine(config.agent.model)],
    ['cost', maxCostUsd === null ? 'no limit' : `at most ${dollars(maxCostUsd)}`],
    ['verify', verification === '' ? 'nothing: what lands is not tested' : verification],
    ['state', inertLine(stateRemote)],
  ]
    .map(([name = '', text = '']) => `${name.padEnd(8)} ${text}`)
    .join('\n');
}

/** What should be known before the start. `unpolled` null: nobody could be asked. */
export function startWarnings({ warnings }: PreparedRun, unpolled: readonly string[] | null): string[] {
  const polling =
    unpolled === null
      ? ['whether a worker polls could not be found out: no Temporal server said so in time']
      : unpolled.length > 0
        ? [`no worker is polling ${unpolled.join(', ')}: the run waits until one does. Start one with: coppice worker`]
        : [];
  return [...warnings, ...polling].map((warning) => inertLine(warning));
}
