// A case: a small repository, a scripted agent's work there, and what must hold afterwards. CONTRIBUTING.md describes
// its folder. Read once, at the edge.

import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import type { Answer } from '../../test/fakes/model-answer.ts';
import type { ModelRequest } from '../../test/fakes/model-server.ts';

const optionsSchema = z.strictObject({
  /** Additional arguments of `coppice run`. */
  args: z.array(z.string()).default([]),
  /** The worker's environment. Cases with the same environment and arguments share a worker. */
  env: z.record(z.string(), z.string()).default({}),
  /** Arguments of `coppice worker`. */
  worker: z.array(z.string()).default([]),
  /** Time limit of the run, in seconds. */
  timeout: z.number().positive().default(120),
  /** Value of `--repo`, relative to the case's working folder; null = the option is not given. */
  repo: z.string().nullable().default('remote.git'),
  /** The target branch; by default the remote's HEAD. */
  branch: z.string().optional(),
  /** False if landed commits cannot pass in a clone outside; the case's build.sh says why. */
  cleanClone: z.boolean().default(true),
});

/** A scripted agent's action in one turn; when its steps run out, it ends its turn. */
type Step =
  | { readonly bash: string; readonly delayMs?: number }
  | { readonly tool: string; readonly input: unknown; readonly delayMs?: number }
  | { readonly text: string; readonly delayMs?: number };

type Model =
  | Readonly<Record<string, readonly Step[]>>
  | ((unit: string, turn: number, request: ModelRequest) => Step | undefined);

export type Options = z.infer<typeof optionsSchema>;

export interface Case {
  readonly name: string;
  readonly folder: string;
  readonly options: Options;
  answer(unit: string, request: ModelRequest): Answer;
}

export async function loadCase(folder: string): Promise<Case> {
  for (const needed of ['build.sh', 'check.sh']) {
    if (!existsSync(join(folder, needed))) throw new Error(`the case ${folder} has no ${needed}`);
  }
  const optionsFile = join(folder, 'options.json');
  const options = optionsSchema.parse(existsSync(optionsFile) ? JSON.parse(readFileSync(optionsFile, 'utf8')) : {});
  const model = existsSync(join(folder, 'model.mjs')) ? await loadModel(join(folder, 'model.mjs')) : {};
  return {
    name: basename(folder),
    folder,
    options,
    answer(unit, request) {
      const step = typeof model === 'function' ? model(unit, request.turn, request) : model[unit]?.[request.turn];
      return answerOf(step ?? { text: 'Done.' });
    },
  };
}

async function loadModel(file: string): Promise<Model> {
  const { model } = (await import(pathToFileURL(file).href)) as { model?: Model };
  if (model === undefined) throw new Error(`${file} does not export \`model\``);
  return model;
}

function answerOf(step: Step): Answer {
  const delay = step.delayMs === undefined ? {} : { delayMs: step.delayMs };
  if ('text' in step) return { text: step.text, ...delay };
  const call =
    'bash' in step ? { name: 'bash', input: { command: step.bash } } : { name: step.tool, input: step.input };
  return { tools: [call], ...delay };
}
