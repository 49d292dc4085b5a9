// Where an agent proposes units for the plan of its run. The plan with them is judged like any other, pushed beside the plan
// before, and offered to the run, which alone knows what has started. Safe to run twice: units that the plan has already
// are refused by their ids.

import { setTimeout as sleep } from 'node:timers/promises';
import { failureType } from '../../../contracts/failures.ts';
import type { HostRepository } from '../../repository/contract.ts';
import type { Plan, PlanDocumentUnit, RunContext } from '../../../contracts/documents/plan.ts';
import type { Proposal, ProposalDesk } from '../tools/place.ts';
import type { RunPlans } from '../../control/run-plans.ts';
import type { SessionJournal } from '../conversation/journal.ts';
import type { Sha, UnitId } from '../../../contracts/ids.ts';
import type { ToolOutcome } from '../drivers/contract.ts';
import { documentOf } from '../../../formats/plan-file/plan-text.ts';
import { errorLines, judgeMadePlan } from '../../../formats/plan-file/judge-made-plan.ts';
import { planFilesOf } from '../../../formats/state-documents/plan-files.ts';
import { proposalAsked, proposalRefused, proposalTaken } from '../prompts/planning.ts';
import { stateRefs } from '../../../contracts/ids.ts';
import { unitsProposed } from '../tools/propose-units.ts';
import { toolError } from '../tools/tool.ts';

interface DeskContext {
  readonly plans: RunPlans;
  readonly repository: HostRepository;
  readonly journal: Pick<SessionJournal, 'turns'>;
  readonly context: RunContext;
  readonly unit: UnitId;
  /** The commit of the target that the unit is based on. */
  readonly base: Sha;
  readonly redact: (text: string) => string;
}

/** How often a proposal is offered while others change the plan. */
const mostTries = 8;
/** Units that one agent may propose. */
const mostOfUnit = 30;

export class SessionProposalDesk implements ProposalDesk {
  private readonly desk: DeskContext;

  constructor(desk: DeskContext) {
    this.desk = desk;
  }

  async propose(given: Proposal): Promise<ToolOutcome> {
    const proposal = redacted(given, this.desk.redact);
    if (unitsProposed(this.desk.journal) + proposal.units.length > mostOfUnit)
      return toolError(proposalRefused(`one unit may propose ${mostOfUnit} units`));
    try {
      for (let tries = 1; ; tries++) {
        const answer = await this.offer(proposal).catch((error: unknown) => {
          // Others propose at the same time.
          if (failureType(error) === 'GitFailed' && tries < mostTries) return 'again' as const;
          throw error;
        });
        if (answer !== 'again') return answer;
        if (tries === mostTries) return toolError(proposalRefused('others change the plan all the time'));
        await sleep(Math.random() * tries * 1_000);
      }
    } catch (error) {
      // The agent can do without; what the run has taken shows in its plan.
      return toolError(proposalRefused(error instanceof Error ? error.message : String(error)));
    }
  }

  /** `again`: the plan has changed while this looked at it. */
  private async offer(proposal: Proposal): Promise<ToolOutcome | 'again'> {
    const { plans, repository, context, unit, base } = this.desk;
    const expected = (await plans.planOf(context.run)) ?? context.plan;
    const { plan: before, config } = await repository.readPlan({ ...context, plan: expected });
    const unknown = proposal.needed_by?.find((id) => !before.units.some((each) => each.id === id));
    if (unknown !== undefined)
      return toolError(proposalRefused(`needed_by names ${unknown}, which is no unit of the plan`));
    const text = JSON.stringify(withProposal(before, unit, proposal), null, 2);
    const target = { branch: context.branch, paths: await repository.listPaths(base), readTable: noTable };
    const made = await judgeMadePlan(text, { config, target, goal: before.goal, before });
    if (made.errors !== undefined) return toolError(proposalRefused(errorLines(made.errors).join('; ')));
    const files = planFilesOf({ plan: made.plan, config, text });
    const message = `Plan of ${context.run}, with what ${unit} proposes`;
    const commit = await repository.writeState(stateRefs.plan(context.run), files, message, { keepsHistory: true });
    const { why } = proposal;
    const edit = { plan: commit, expected, by: `the agent of ${unit}`, proposed: proposal.units.length, why };
    const answer = await plans.propose(context.run, edit);
    if (!answer.accepted && answer.again === true) return 'again';
    if (!answer.accepted) return toolError(proposalRefused(answer.message));
    return { output: answer.asks ? proposalAsked() : proposalTaken(), isError: false, exitCode: null };
  }
}

/** The rest of the plan stays as it is, whatever it holds. */
function redacted(proposal: Proposal, redact: (text: string) => string): Proposal {
  return JSON.parse(JSON.stringify(proposal), (_, value: unknown) =>
    typeof value === 'string' ? redact(value) : value,
  ) as Proposal;
}

const noTable = (): Promise<null> => Promise.resolve(null);

/** With units that wait for what is proposed. */
function withProposal(before: Plan, unit: UnitId, { units, needed_by: neededBy = [] }: Proposal) {
  const added = units.map((each): PlanDocumentUnit => ({
    ...each,
    prompt: `${each.prompt}\n\n(Proposed by the agent of ${unit}.)`,
  }));
  const ids = units.map(({ id }) => id);
  const document = documentOf(before);
  return {
    ...document,
    units: [
      ...document.units.map((each) =>
        neededBy.includes(each.id) ? { ...each, needs: [...new Set([...(each.needs ?? []), ...ids])] } : each,
      ),
      ...added,
    ],
  };
}
