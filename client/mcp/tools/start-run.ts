// `start_run`: checks everything and starts a run, as `coppice run --detach` does, and does not wait for it. Nobody can
// be asked here, so where the command would ask whether to start a plan twice, this refuses.

import { z } from 'zod';
import type { Coppice, PreparedRun, RunRequest } from '../../api.ts';
import { branch, count, repository, usd } from '../../documents/parts.ts';
import { giveRepository, branchInput, givenPlan, planInputInShort, repositoryInput } from '../given-plan.ts';
import { cut, tool } from '../tool.ts';
import { failure } from '../../../contracts/failures.ts';
import { judgePlan } from '../../../formats/policy/judge-plan.ts';
import { originHere } from '../../cli/origin.ts';
import { plannerOf } from '../../start/planner-of.ts';
import { preparedText, startWarnings } from '../../cli/present/prepared.ts';
import { runStarted } from '../../documents/plan-documents.ts';
import { shortened } from '../bounds.ts';
import { unlessUnreachable } from '../../cli/session.ts';

export const startRunTool = tool({
  name: 'start_run',
  title: 'Start a run',
  description:
    'Checks a plan, repository, branch and policy, and starts a run of the plan. It spends money on models and lands commits on the target branch. Does not wait: answers the id of the run, which run_status follows. If policy wants people to agree to the plan, the run waits for them before anything begins.',
  effect: 'changes',
  input: z.strictObject({
    plan: planInputInShort,
    repository: repositoryInput.exactOptional().meta({
      description:
        'The repository: a URL that git can clone, or a path. Default: origin of the clone in the folder in which this server runs.',
    }),
    branch: branchInput.exactOptional(),
    id: z.string().exactOptional().meta({
      description:
        'The id of the run: lower-case letters, digits and dashes, at most 41. It must be new. Default: yymmdd-xxxx.',
    }),
    again: z.boolean().exactOptional().meta({
      description: 'Start it even if a run of the same plan on the same branch is open, which is refused otherwise.',
    }),
  }),
  output: runStarted.extend({
    repository,
    branch,
    units: count('How many; null = a command names them when the run starts.').nullable(),
    maxCostUsd: usd('The most that it can spend on models; null = no limit.').nullable(),
    asksFirst: z.boolean().nullable().meta({
      description:
        'Whether people must agree to the plan before anything begins; null = not known before its units are made.',
    }),
    warnings: z.array(z.string()).meta({ description: 'What the user should know.' }),
    cut,
  }),
  async run({ again = false, ...input }, { withCoppice, folder }) {
    const request = await requestOf(input, folder);
    return withCoppice((coppice) => start(coppice, request, again), { patient: true });
  },
});

type Input = Pick<RunRequest, 'branch' | 'id'> & {
  readonly plan: z.output<typeof planInputInShort>;
  readonly repository?: string;
};

async function requestOf({ plan: text, repository: named, ...rest }: Input, folder: string): Promise<RunRequest> {
  return { ...rest, plan: givenPlan(text), folder, repository: named ?? (await originHere(giveRepository)) };
}

async function start(coppice: Coppice, request: RunRequest, again: boolean) {
  const [prepared, unpolled] = await Promise.all([
    coppice.prepare(request),
    unlessUnreachable(() => coppice.unpolledQueues()),
  ]);
  const same = await coppice.sameRuns(prepared);
  if (same.length > 0 && !again) throw alreadyRuns(same, prepared);
  const warnings = startWarnings(prepared, unpolled === null ? null : { unpolled, same });
  const { id } = await coppice.start(request, prepared);
  const facts = { run: id, asksFirst: asksFirst(prepared), warnings };
  return {
    document: shortened(documentOf(facts, prepared), { more: '`coppice run PLAN --dry-run` prints all.' }),
    text: textOf(facts, prepared),
  };
}

function alreadyRuns(same: readonly string[], prepared: PreparedRun): Error {
  const message = `the same plan is running on ${prepared.branch} already: ${same.slice(0, 5).join(', ')}`;
  const hint = 'Follow it with run_status. To start the plan once more all the same, set `again`.';
  return failure('Refused', message, { hint });
}

/** The start itself judges, too, and sees to it that people are asked. */
function asksFirst({ plan, config, maxCostUsd }: PreparedRun): boolean | null {
  if (plannerOf({ plan }) !== null) return null;
  return judgePlan(config, { unitCount: plan.units.length, budgetUsd: maxCostUsd }).decide === 'ask';
}

interface Started {
  readonly run: string;
  readonly asksFirst: boolean | null;
  readonly warnings: readonly string[];
}

function documentOf(started: Started, prepared: PreparedRun) {
  const { repository: on, branch: target, plan, maxCostUsd } = prepared;
  return {
    ...started,
    repository: on,
    branch: target,
    units: plannerOf(prepared) === null ? plan.units.length : null,
    maxCostUsd,
  };
}

function textOf({ run, asksFirst: asks, warnings }: Started, prepared: PreparedRun): string {
  return [
    `run ${run} has started`,
    preparedText(prepared),
    ...warnings.map((warning) => `warning: ${warning}`),
    ...(asks === null ? ['A command of the plan names its units; people may be asked about them then.'] : []),
    ...(asks === true
      ? ['Policy asks people about this plan: nothing begins until they agree (`coppice approvals`).']
      : []),
    `Follow it with run_status, or on a terminal with \`coppice status ${run} --watch\`.`,
  ].join('\n');
}
