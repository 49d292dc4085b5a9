// The command tree. Each command is a file in commands/ that adds itself; this file only knows their order in the help.

import { Command } from 'commander';
import { addApprovals } from './commands/approvals.ts';
import { addAudit } from './commands/audit.ts';
import { addBoard } from './commands/board.ts';
import { addCancel } from './commands/cancel.ts';
import { addCheckout } from './commands/checkout.ts';
import { addCompletion } from './commands/completion.ts';
import { addDiff } from './commands/diff.ts';
import { addDev } from './commands/dev.ts';
import { addDoctor } from './commands/doctor.ts';
import { addGateway } from './commands/gateway.ts';
import { addHelp } from './commands/help.ts';
import { addInit } from './commands/init.ts';
import { addList } from './commands/list.ts';
import { addLogs } from './commands/logs.ts';
import { addMcp } from './commands/mcp.ts';
import { addMessage } from './commands/message.ts';
import { addPause } from './commands/pause.ts';
import { addPlan } from './commands/plan/plan.ts';
import { addPolicy } from './commands/policy.ts';
import { addPrune } from './commands/prune.ts';
import { addQueue } from './commands/queue.ts';
import { addReport } from './commands/report.ts';
import { addResolve } from './commands/resolve.ts';
import { addRetry } from './commands/retry.ts';
import { addRun } from './commands/run.ts';
import { addSkip } from './commands/skip.ts';
import { addStatus } from './commands/status.ts';
import { addWorker } from './commands/worker.ts';
import { explainWrongUsage } from './wrong-usage.ts';
import { ownVersion } from '../../workers/own-version.ts';

export function makeProgram(): Command {
  const program = new Command('coppice')
    .description('Runs many coding agents over one git repository and lands their work through a merge queue.')
    .version(ownVersion(), '--version', 'print the version')
    .showSuggestionAfterError(true);
  const adders = [
    addInit,
    addDoctor,
    addRun,
    addList,
    addStatus,
    addReport,
    addLogs,
    addBoard,
    addDiff,
    addCheckout,
    addResolve,
    addCancel,
    addPause,
    addMessage,
    addRetry,
    addSkip,
    addApprovals,
    addAudit,
    addPlan,
    addPolicy,
    addQueue,
    addPrune,
    addDev,
    addWorker,
    addGateway,
    addMcp,
    addHelp,
    addCompletion,
  ];
  for (const add of adders) add(program);
  explainWrongUsage(program);
  return program;
}
