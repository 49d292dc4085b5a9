// The fixed part of a run's page in Temporal's Web UI, as Markdown: what it is given at its start as static details, and what
// its current details repeat, because the server keeps no static details when a workflow continues as new. Pure.

import type { RunContext } from '../../contracts/documents/plan.ts';
import type { RunSettings } from './settings.ts';
import { count } from '../text/count.ts';
import { hoursText } from '../text/estimate.ts';
import { markdownCode, webUiText } from '../text/inert.ts';

export interface RunFacts {
  readonly context: Pick<RunContext, 'run' | 'repository' | 'branch' | 'requestedBy'>;
  readonly model: string;
  /** Null = the plan is still to be made. */
  readonly units: number | null;
  readonly limits: Pick<RunSettings, 'parallel' | 'budgetUsd' | 'maxTokens' | 'maxTurns' | 'maxSeconds'>;
}

export function runFacts({ context, model, units, limits }: RunFacts): string[] {
  const { run, repository, branch, requestedBy } = context;
  const plan = units === null ? 'a plan to be made' : count(units, 'unit');
  return [
    `- target: ${markdownCode(branch)} of ${markdownCode(repository)}`,
    `- ${plan}, ${limits.parallel} at once, with ${webUiText(model)}; ${limitsText(limits)}`,
    `- started by ${webUiText(requestedBy)}`,
    `- \`coppice status ${run} --watch\`, \`coppice logs ${run}\`, \`coppice cancel ${run}\``,
  ];
}

/** The Web UI reads text between two dollar signs as a formula. */
function limitsText({ budgetUsd, maxTokens, maxTurns, maxSeconds }: RunFacts['limits']): string {
  const limits = [
    ...(budgetUsd === null ? [] : [`${budgetUsd} USD`]),
    ...(maxTokens ? [`${maxTokens} tokens`] : []),
    ...(maxTurns ? [`${maxTurns} turns`] : []),
    ...(maxSeconds ? [hoursText(maxSeconds)] : []),
  ];
  return limits.length === 0 ? 'no limit' : `at most ${limits.join(', ')}`;
}
