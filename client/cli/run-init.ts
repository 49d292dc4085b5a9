// Writes the first coppice.yaml of `coppice init`. Never overwrites one.

import { codeOf } from '../../domain/errors.ts';
import { fileProblem } from '../file-problem.ts';
import { existsSync } from 'node:fs';
import { lstat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FirstConfig } from '../../formats/config-file/text.ts';
import type { ProposedCommands } from '../../formats/project/propose-commands.ts';
import { askForConfig } from './ask-for-config.ts';
import { canAsk } from './ask.ts';
import { defaultConfig } from '../../contracts/documents/config.ts';
import { failure } from '../../contracts/failures.ts';
import { joinCommands, proposeCommands } from '../../formats/project/propose-commands.ts';
import { proposeGenerated } from '../../formats/project/propose-generated.ts';
import { makeOutput } from './output.ts';
import { maxConfigBytes, parseConfig } from '../../formats/config-file/config-file.ts';
import { readProject, repositoryTop, targetBranch } from '../init/read-project.ts';
import { needsOf } from '../../formats/project/needs/needs.ts';
import { readUserFile } from '../read-user-file.ts';
import { explainUnmatchedRules } from '../../formats/globs/unmatched.ts';
import { writeConfig } from '../../formats/config-file/text.ts';
import { writtenText } from './present/init.ts';

export interface InitOptions {
  readonly yes?: boolean;
  readonly json?: boolean;
}

const fileName = 'coppice.yaml';
const existsHint = '`coppice doctor` checks it. To begin again, delete it first.';
/** The schema's path in a repository that depends on Coppice. */
const ownSchema = './node_modules/coppice/schema/config.schema.json';

export async function runInit({ yes = false, json = false }: InitOptions): Promise<void> {
  const output = makeOutput(process, json);
  const top = await repositoryTop(process.cwd());
  const path = join(top, fileName);
  await refuseExisting(top, path);
  const [files, branch] = await Promise.all([readProject(top), targetBranch(top, process.env)]);
  const proposed = proposeCommands(files);
  const schema = existsSync(join(top, ownSchema)) ? ownSchema : null;
  const regenerate = proposeGenerated(files);
  const found = { branch, schema, ...firstCommands(proposed), regenerate };
  const config = yes || json || !canAsk() ? found : { schema, ...(await askForConfig(branch, proposed, regenerate)) };
  const text = writeConfig(config);
  refuseUnreadable(text);
  await writeNew(path, text);
  const { branch: target, env, setup, verify, regenerate: rules } = config;
  const needs = needsOf(files, { setup, verify, memoryMb: defaultConfig.sandbox.memoryMb });
  if (json)
    output.document('first-config', { path, branch: target, env, setup, verify, regenerate: rules, text, needs });
  output.text(writtenText({ path, config, needs, stream: process.stdout }));
}

/** Every proposal, unchanged. */
function firstCommands({ env, setup, verify }: ProposedCommands): Pick<FirstConfig, 'env' | 'setup' | 'verify'> {
  return {
    env,
    setup: setup.length === 0 ? null : { run: joinCommands(setup.map(({ run }) => run)), network: true },
    verify: verify.map(({ run, name }) => ({ run, name })),
  };
}

async function refuseExisting(top: string, path: string): Promise<void> {
  const exists = await lstat(path).then(
    () => true,
    () => false,
  );
  if (!exists) return;
  const missed = await unmatchedHere(top, path);
  const globs = missed.length === 0 ? '' : `; some of its globs match nothing here: ${missed.join('; ')}`;
  throw failure('Refused', `${path} exists already and was not changed${globs}`, { hint: existsHint });
}

/** Ignores a file that cannot be read: the doctor reports that. */
async function unmatchedHere(top: string, path: string): Promise<string[]> {
  const text = await readUserFile(path, maxConfigBytes).catch(() => '');
  const { config } = parseConfig(text, fileName);
  if (config === undefined) return [];
  return explainUnmatchedRules(config, { name: 'the working copy', paths: (await readProject(top)).paths });
}

/** Throws `BadInput` if a typed answer is not a valid command or branch. */
function refuseUnreadable(text: string): void {
  const { errors } = parseConfig(text, fileName);
  if (errors !== undefined)
    throw failure('BadInput', `with these answers ${fileName} would not be valid`, { details: { errors } });
}

async function writeNew(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx' });
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST')
      throw failure('Refused', `${path} exists already and was not changed`, { cause, hint: existsHint });
    throw failure('Refused', `${path} cannot be written: ${fileProblem(cause)}`, { cause });
  }
}
