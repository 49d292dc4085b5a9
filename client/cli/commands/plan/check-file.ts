// Checks a plan file for `plan validate` and `plan show`.

import type { PlanCheck } from '../../../start/check-plan.ts';
import { failure } from '../../../../contracts/failures.ts';

export interface FileOptions {
  readonly repo?: string;
  readonly branch?: string;
  readonly json?: boolean;
}

export async function checkFile(file: string, { repo, branch }: FileOptions): Promise<PlanCheck> {
  if (repo === undefined && branch !== undefined) throw failure('BadInput', '--branch needs --repo');
  const { checkPlan } = await import('../../../start/check-plan.ts');
  return checkPlan(file, repo === undefined ? null : { repository: repo, branch }, process.env);
}
