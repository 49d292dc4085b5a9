// The tools of the MCP server, in the order in which clients list them. Decisions (approve, deny, answer) and whatever
// stops, retries or reorders work are not among them: these are a person's, and a client of this server is a program.

import { checkPlanTool } from './tools/check-plan.ts';
import { listRunsTool } from './tools/list-runs.ts';
import { makePlanTool } from './tools/make-plan.ts';
import { messageUnitTool } from './tools/message-unit.ts';
import { runLogsTool } from './tools/run-logs.ts';
import { runReportTool } from './tools/run-report.ts';
import { runStatusTool } from './tools/run-status.ts';
import { startRunTool } from './tools/start-run.ts';
import type { Tool } from './tool.ts';

/** At most eight: every client pays for the description of each, whether it uses it or not. */
export const tools: readonly Tool[] = [
  makePlanTool,
  checkPlanTool,
  startRunTool,
  listRunsTool,
  runStatusTool,
  runLogsTool,
  messageUnitTool,
  runReportTool,
];
