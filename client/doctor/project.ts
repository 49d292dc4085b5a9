// What the repository of this folder needs that a sandbox does not give it by itself, for `coppice doctor`.

import type { Config } from '../../contracts/documents/config.ts';
import type { Finding } from '../../domain/doctor/finding.ts';
import type { ProjectFiles } from '../../formats/project/folder.ts';
import { needsOf } from '../../formats/project/needs/needs.ts';
import { notLookedAt, ok, warn } from '../../domain/doctor/finding.ts';

/** `files` null = there is no clone here to look at. */
export function judgeProject(files: ProjectFiles | null, config: Config | null): Finding {
  if (files === null) return ok('not looked at: only a clone shows what its commands need');
  if (config === null) return notLookedAt('there is no coppice.yaml that names commands');
  const { setup, verify, sandbox } = config;
  const needs = needsOf(files, { setup, verify, memoryMb: sandbox.memoryMb });
  if (needs.length === 0) return ok('nothing was found that a sandbox lacks');
  const hints = new Set(needs.map(({ hint }) => hint));
  return warn(needs.map(({ what }) => what).join('; '), [...hints].join(' '));
}
