// A run before its start, shown by `run --dry-run` and above the question whether to start it. Pure.

import type { PreparedRun } from '../../api.ts';
import { chainText } from './validate.ts';
import { count, dollars, shortSha } from './amounts.ts';
import { criticalPath } from '../../../domain/plan/dag.ts';
import { inertLine } from './columns.ts';

/** A line for each thing that matters. */
export function preparedText(prepared: PreparedRun): string {
  const { repository, branch, base, plan, config, stateRemote, maxCostUsd } = prepared;
  const { units } = plan;
  const planning = units[0]?.planner;
  const [goal = ''] = plan.goal.split('\n', 1);
  const parallel = `at most ${config.run.parallel} at once`;
  const verification = config.verify.map(({ name }) => inertLine(name)).join(', ');
  return [
    ['target', `${inertLine(branch)} of ${inertLine(repository)}, at ${shortSha(base)}`],
    ...(planning === undefined
      ? [
          ['units', `${count(units.length, 'unit')}, ${parallel}`],
          ['chain', `the longest has ${chainText(criticalPath(units))}`],
        ]
      : [
          ['goal', inertLine(goal, 200)],
          [
            'units',
            planning.unitsOnly === true
              ? unmadeText(prepared)
              : `a planning session plans them first${planning.ask ? '; you are asked about the plan' : ''}`,
          ],
        ]),
    ['model', inertLine(config.agent.model)],
    ['cost', maxCostUsd === null ? 'no limit' : `at most ${dollars(maxCostUsd)}`],
    ['verify', verification === '' ? 'nothing: what lands is not tested' : verification],
    ['state', inertLine(stateRemote)],
  ]
    .map(([name = '', text = '']) => `${name.padEnd(8)} ${text}`)
    .join('\n');
}

/** Of a plan whose commands a host runs first. */
function unmadeText({ partlyMade }: PreparedRun): string {
  const made = partlyMade === undefined ? 0 : partlyMade.plan.units.length - partlyMade.open.length;
  return made === 0
    ? 'a host makes them first, with the commands of forEach'
    : `${count(made, 'unit')} so far; a host makes the others first, with the commands of forEach`;
}

/** What the server knows about a planned start. */
export interface ServerSays {
  /** Task queues that no worker polls. */
  readonly unpolled: readonly string[];
  /** Open runs with the same plan on the same target. */
  readonly same: readonly string[];
}

/** What people should know before the start. */
export function startWarnings({ warnings, branch }: PreparedRun, says: ServerSays | null): string[] {
  const { unpolled = null, same = [] } = says ?? {};
  const twins = same.map(
    (run) => `run ${run} is already working on the same plan on ${branch}: coppice status ${run} --watch`,
  );
  const polling =
    unpolled === null
      ? ['no Temporal server answered in time, so it is not known whether a worker polls']
      : unpolled.length > 0
        ? [`no worker is polling ${unpolled.join(', ')}: the run waits until one does. Start one with: coppice worker`]
        : [];
  return [...warnings, ...twins, ...polling].map((warning) => inertLine(warning));
}
