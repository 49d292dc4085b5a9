// `coppice policy`: tries the rules of a coppice.yaml on sample actions. Needs no server.

import { join } from 'node:path';
import type { Command } from 'commander';
import { Exit, exitCodes } from '../exit.ts';
import { jsonOption } from '../json-option.ts';
import { makeOutput } from '../output.ts';
import { triedPolicyText } from '../present/policy.ts';

interface TestOptions {
  readonly config?: string;
  readonly json?: boolean;
}

export function addPolicy(program: Command): void {
  program
    .command('policy')
    .description('work with the rules about people')
    .command('test')
    .description('show what the rules say to sample actions, and which rules none of them meets')
    .argument('<file>', 'YAML or JSON: a list of actions (its keys: docs/approvals.md, Try your rules)')
    .option('--config <file>', 'the configuration (default: coppice.yaml at the top of this clone)')
    .addOption(jsonOption(['policy-test']))
    .addHelpText(
      'after',
      [
        '\nAn entry has an action. With merge and setup it also has paths, and may have scope, labels, lines, files and usd;',
        'with tool, a command or edits; with plan, units and usd. With expect, and by, it says what the rules should say.',
        '\nExample of a file:',
        '  - { action: merge, paths: [src/payments/charge.ts], lines: 20, expect: ask, by: [owners] }',
        '  - { action: merge, paths: [docs/index.md], expect: allow }',
        '  - { action: tool, command: git -C site push, expect: ask }',
        '\nExample:\n  $ coppice policy test policy-samples.yaml',
      ].join('\n'),
    )
    .action(runTest);
}

async function runTest(file: string, { config, json = false }: TestOptions): Promise<void> {
  const output = makeOutput(process, json);
  const [{ testPolicy }, { listProject, repositoryTop }] = await Promise.all([
    import('../../start/test-policy.ts'),
    import('../../init/read-project.ts'),
  ]);
  const top = await repositoryTop(process.cwd()).catch((error: unknown) => {
    if (config === undefined) throw error;
    return null;
  });
  const names = top === null ? [] : await listProject(top);
  const tried = await testPolicy(config ?? join(top ?? '', 'coppice.yaml'), file, names);
  const isGood = tried.samples.every(({ unexpected }) => unexpected === null);
  if (json) output.document('policy-test', { good: isGood, ...tried });
  else output.text(triedPolicyText(tried, process.stdout));
  if (!isGood) throw new Exit(exitCodes.notGood);
}
