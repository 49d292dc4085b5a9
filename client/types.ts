// Every type that users of the library meet, by name. These must lead to shapes only: declarations that import Temporal
// or zod would make every user's compiler read those (test/package/ checks this).

export type { Usage } from '../contracts/usage.ts';
export type { ApprovalView, DecisionAnswer } from '../contracts/approval.ts';
export type { AuditEntry, RunAudit } from './audit/entries.ts';
export type { ChangedFile, UnitDiff } from './unit/unit-diff.ts';
export type { Config } from '../contracts/documents/config.ts';
export type { ExplainedFailure } from './explain-failure.ts';
export type { FailureType } from '../contracts/failures.ts';
export type { HostReport, HostReports } from '../contracts/activities/host.ts';
export type { LoggedTool, LoggedTurn, TurnsOptions } from './watch/read-turns.ts';
export type {
  BranchQueue,
  Landed,
  QueueDocument,
  QueueRequest,
  QueueTrain,
  VerificationStatus,
} from './queue/queue-document.ts';
export type {
  OpenApproval,
  QueueEntryStatus,
  QueueSwitches,
  RunStatusDocument,
  RunSummary,
  StatusOverview,
  UnitStatus,
} from './watch/status.ts';
export type { Place, PlacedError } from '../formats/yaml/placed-error.ts';
export type { Plan, PlanDocument, PlanDocumentUnit, PlanUnit } from '../contracts/documents/plan.ts';
export type { PlanCheck } from './start/check-plan.ts';
export type { EditedPlan, RunPlan } from './plan/plans-of-run.ts';
export type { Prunable, PrunableRun, Pruned, PruneRequest } from '../domain/run/pruning.ts';
export type { RevertEnd } from '../contracts/queue-view.ts';
export type { PreparedRun, RunRequest } from './start/prepare-run.ts';
export type { Review, ReviewRecord } from '../contracts/review.ts';
export type { Report, ReportUnit, RunStatus, UnitPhase } from '../contracts/documents/report.ts';
export type {
  ApprovalDecidedEvent,
  ApprovalOpenedEvent,
  RunEndedEvent,
  RunEvent,
  UnitFailedEvent,
  UnitLandedEvent,
  UnitPhaseEvent,
  UnitStartedEvent,
} from './watch/events.ts';
export type { BoardClaim, BoardNote, HeardMessage } from '../contracts/board-view.ts';
export type { RunBoard } from './watch/run-board.ts';
export type { SetupLog } from './watch/read-setup-logs.ts';
export type { UnitResolution } from './unit/unit-resolution.ts';
export type { UnitCheckout } from './unit/unit-checkout.ts';
export type { WatchOptions } from './watch/watch-run.ts';
