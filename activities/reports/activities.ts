// Records a run on the state remote: pages of ended units, and the report at its end, with which its board is closed.
// Safe to run twice: each write replaces the previous one, and a closed board stays closed.

import type { Boards } from '../board/boards.ts';
import type { GitHost, StateFiles, TargetReader } from '../repository/contract.ts';
import type { Report } from '../../contracts/documents/report.ts';
import type { ReportActivities, RecordedUnit, ReportData } from '../../contracts/activities/reports.ts';
import type { RunId, Sha } from '../../contracts/ids.ts';
import { activityInfo } from '@temporalio/activity';
import { completeReport } from '../../domain/run/complete-report.ts';
import { failureType } from '../../contracts/failures.ts';
import { recordsCodec, recordsFile, reportCodec, reportFile } from '../../formats/state-documents/report.ts';
import { stateRefs } from '../../contracts/ids.ts';
import { withHeartbeat } from '../host/heartbeat.ts';

/** `boards`: that of a run ends with it. */
export function makeReportActivities(git: GitHost, boards: Pick<Boards, 'close'>): ReportActivities {
  return {
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
        const { verify = 'tip' } = config.queue;
        const parts = { context, data, pages, earlier, plan, model: config.agent.model, verify, tip };
        const report = completeReport(parts);
        const files = { [reportFile]: reportCodec.write(report) };
        const written = await repository.writeState(stateRefs.report(context.run), files, `Report of ${context.run}`);
        // If it does not answer, it finds out by itself that its run has ended.
        await boards.close(context.run).catch(() => undefined);
        return written;
      }),
  };
}

/**
 * Null if the branch does not exist, or the repository has not answered for a while: the report is then written from
 * what is known, instead of waiting for a repository that may never come back.
 */
async function tipUnlessGone(repository: TargetReader, branch: string): Promise<Sha | null> {
  try {
    return await repository.tipOf(branch);
  } catch (error) {
    const { attempt } = activityInfo();
    const mayPass = failureType(error) !== 'RepositoryUnusable' && attempt < attemptsForTip;
    if (mayPass) throw error;
    return null;
  }
}

/** About two minutes, with the pauses between them. */
const attemptsForTip = 8;

async function readPages(repository: StateFiles, run: RunId, pages: number): Promise<RecordedUnit[][]> {
  const refs = Array.from({ length: pages }, (_, i) => stateRefs.records(run, i + 1));
  return (await repository.readState(refs, recordsFile)).map((text) => [...recordsCodec.read(text).units]);
}

async function readEarlier(repository: StateFiles, run: RunId, { reopened }: ReportData): Promise<Report | null> {
  if (!reopened) return null;
  const [text] = await repository.readState([stateRefs.earlierReport(run)], reportFile);
  return text === undefined ? null : reportCodec.read(text);
}
