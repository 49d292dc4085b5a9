// A unit's session on this host for one slice, as data. It is opened by open.ts, then worked (run-driver.ts), judged
// (judge.ts) and finished (finish.ts), in the order of run-slice.ts. The checkpoint (saver.ts) has everything that
// another host needs to continue.

import type { AskVerdict } from '../../../contracts/approval.ts';
import type { Config } from '../../../contracts/documents/config.ts';
import type { PlanReader, StateFiles, TargetReader, UnitStore } from '../../repository/contract.ts';
import type { MetConflict } from '../../landing/merge/read-merge.ts';
import type { PlanUnit } from '../../../contracts/documents/plan.ts';
import type { SessionProposalDesk } from './proposal-desk.ts';
import type { SessionPlanDesk } from './plan-desk.ts';
import type { Progress } from '../conversation/progress.ts';
import type { Reviews } from '../review/reviews.ts';
import type { Remarks } from './remarks.ts';
import type { Saver } from './saver.ts';
import type { SessionBoard } from './session-board.ts';
import type { SessionFolder } from './session-folder.ts';
import type { SessionJournal } from '../conversation/journal.ts';
import type { SliceHost } from './slice-host.ts';
import type { SliceInput } from '../../../contracts/activities/agent.ts';
import type { SliceHeartbeats } from './slice-heartbeat.ts';
import type { SliceStop } from './slice-stop.ts';
import type { ShownConflict } from '../prompts/conflicts.ts';
import type { WorkNames } from '../../sandbox/work-names.ts';
import type { Workspace } from './workspace.ts';
import { judgeAsking } from '../../../formats/policy/judge-asking.ts';

export interface Session {
  readonly host: SliceHost;
  readonly input: SliceInput;
  /** Milliseconds since the epoch. */
  readonly openedAt: number;
  readonly heartbeats: SliceHeartbeats;
  readonly stop: SliceStop;
  readonly repository: TargetReader & PlanReader & StateFiles;
  readonly unit: PlanUnit;
  readonly config: Config;
  readonly journal: SessionJournal;
  /** Reviews of the unit's work, each with a conversation of its own. */
  readonly reviews: Reviews;
  readonly store: UnitStore;
  readonly saver: Saver;
  readonly workspace: Workspace;
  readonly folder: SessionFolder;
  readonly names: WorkNames;
  readonly progress: Progress;
  readonly remarks: Remarks;
  /** What units of the run tell each other; null = there are no others, or they may not. */
  readonly board: SessionBoard | null;
  /** Conflicts that the queue's merge could not settle, and the same as shown to the agent. */
  readonly conflicts: readonly MetConflict[];
  readonly shownConflicts: readonly ShownConflict[];
  /** Where a planner hands in its plan; null = the session makes a change. */
  readonly plans: SessionPlanDesk | null;
  /** Where an agent proposes units; null = the session makes a plan. */
  readonly proposals: SessionProposalDesk | null;
}

/** Says if the agent may ask a person. */
export function mayAsk({ config }: Session): AskVerdict {
  return judgeAsking(config, 'question');
}

/** What a session holds on the host; null = not yet. */
interface Held {
  readonly folder: SessionFolder | null;
  readonly names: WorkNames | null;
  readonly store: UnitStore;
}

export async function closeSession({ folder, names, store }: Held): Promise<void> {
  await folder?.remove();
  await names?.release();
  await store.close();
}
