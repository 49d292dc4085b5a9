// The last stage of a unit's way: candidates, landings and the report, as activities over this host's git.
// Safe to run twice: candidates have fixed dates and so the same ids, landing is a compare-and-swap that counts what is
// there already as landed, and the report replaces itself.

import type { GitHost, HostRepository } from '../git/contract.ts';
import type { LandingActivities } from '../../domain/activity-contracts.ts';
import type { RecordedUnit, Report, ReportData } from '../../domain/report.ts';
import type { RunId, Sha } from '../../domain/ids.ts';
import { activityInfo, heartbeat } from '@temporalio/activity';
import { completeReport } from '../../domain/complete-report.ts';
import { failureType } from '../../domain/failures.ts';
import { recordsCodec, recordsFile, reportCodec, reportFile } from '../../domain/documents/report.ts';
import { withBoundedTries } from '../host/unforeseen.ts';
import { stateRefs } from '../../domain/ids.ts';

/** How often a git activity says that it lives; the heartbeat timeout is 30 s. */
const beatMs = 5_000;

export function makeLandingActivities(
  git: GitHost,
  hostId: string,
): Omit<LandingActivities, 'verifyCandidate' | 'tryTarget'> {
  return {
    buildCandidate: (subject) =>
      withBoundedTries(hostId, async (say) => {
        say('building');
        return (await git.open(subject.context)).buildCandidate(subject);
      }),

    landCandidate: ({ subject, target, candidate }) =>
      withBoundedTries(hostId, async (say) => {
        say('landing');
        const { context } = subject;
        const repository = await git.open(context);
        await repository.fetchCandidate(subject, candidate);
        return repository.land({ branch: context.branch, target, candidate });
      }),

    saveRecords: ({ context, page, units }) =>
      withHeartbeat(async () => {
        const files = { [recordsFile]: recordsCodec.write({ units }) };
        const message = `Records of ${context.run}, page ${page}`;
        return (await git.open(context)).writeState(stateRefs.records(context.run, page), files, message);
      }),

    writeReport: ({ context, data }) =>
      withHeartbeat(async () => {
        const repository = await git.open(context);
        const { plan, config } = await repository.readPlan(context);
        const tip = await tipUnlessGone(repository, context.branch);
        const pages = await readPages(repository, context.run, data.pages);
        const earlier = await readEarlier(repository, context.run, data);
        const report = completeReport({ context, data, pages, earlier, plan, model: config.agent.model, tip });
        const files = { [reportFile]: reportCodec.write(report) };
        return repository.writeState(stateRefs.report(context.run), files, `Report of ${context.run}`);
      }),
  };
}

/**
 * Null when there is no such branch, or when the repository has not answered for a while: the report is written from what
 * is known, and waits for nobody who may never come back.
 */
async function tipUnlessGone(repository: HostRepository, branch: string): Promise<Sha | null> {
  try {
    return await repository.tipOf(branch);
  } catch (error) {
    const { attempt } = activityInfo();
    const mayPass = failureType(error) !== 'RepositoryUnusable' && attempt < attemptsForTip;
    if (mayPass) throw error;
    return null;
  }
}

/** With the pauses between them, about two minutes. */
const attemptsForTip = 8;

async function readPages(repository: HostRepository, run: RunId, pages: number): Promise<RecordedUnit[][]> {
  const refs = Array.from({ length: pages }, (_, i) => stateRefs.records(run, i + 1));
  return (await repository.readState(refs, recordsFile)).map((text) => [...recordsCodec.read(text).units]);
}

async function readEarlier(repository: HostRepository, run: RunId, { reopened }: ReportData): Promise<Report | null> {
  if (!reopened) return null;
  const [text] = await repository.readState([stateRefs.earlierReport(run)], reportFile);
  return text === undefined ? null : reportCodec.read(text);
}

async function withHeartbeat<T>(work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => heartbeat(), beatMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
