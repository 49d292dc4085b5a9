// `npm run test:cases [-- CASE… --every-tip --keep]`: runs the small repositories of `test/cases/`, with everything
// real except the model, and each case's check. Landed commits must then pass the same commands in a fresh clone
// outside Coppice: the last commit of each case, or with `--every-tip` (`npm run drill:clean-clone`) every one. The
// files of a failed case are kept in `.cache/cases/`; `--keep` keeps the others too.

import { cpSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Stage } from '../bench/parts/stage.ts';
import { type Case, loadCase } from './cases/case.ts';
import { type Verdict, runCase } from './cases/run-case.ts';

const folder = fileURLToPath(new URL('../test/cases/', import.meta.url));
const keptIn = fileURLToPath(new URL('../.cache/cases/', import.meta.url));
const { values, positionals } = parseArgs({
  options: { 'every-tip': { type: 'boolean', default: false }, keep: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const which = values['every-tip'] ? 'every' : 'last';
/** Cases that run at once on one stage. */
const atOnce = 2;

const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const known = folders.map(({ name }) => name).toSorted((a, b) => a.localeCompare(b));
const unknown = positionals.map((name) => basename(name)).filter((name) => !known.includes(name));
if (unknown.length > 0) throw new Error(`there is no case ${unknown.join(', ')}; there are ${known.join(', ')}`);
const wanted = positionals.length === 0 ? known : positionals.map((name) => basename(name));
const cases = await Promise.all(wanted.map((name) => loadCase(join(folder, name))));
const verdicts: Verdict[] = [];
for (const group of Map.groupBy(cases, ({ options: { env, worker } }) => JSON.stringify([env, worker])).values()) {
  verdicts.push(...(await runGroup(group)));
}
const broken = verdicts.filter(({ holds }) => !holds);
const passed = verdicts.reduce((sum, each) => sum + each.cloned, 0);
say(`${verdicts.length - broken.length} of ${verdicts.length} cases hold; ${passed} commits passed in a clean clone`);
process.exitCode = broken.length === 0 && verdicts.length > 0 ? 0 : 1;

/** Runs cases with the same worker settings on one stage. */
async function runGroup(group: readonly Case[]): Promise<Verdict[]> {
  const byName = new Map(group.map((each) => [each.name, each]));
  const stage = await Stage.open({
    reply(request) {
      const [, run = '', unit = ''] = /^coppice\/([^/]+)\/(.+)$/.exec(request.user) ?? [];
      return byName.get(run)?.answer(unit, request) ?? { text: 'Done.' };
    },
  });
  try {
    const { env = {}, worker = [] } = group[0]?.options ?? {};
    await stage.worker('worker', ['--slots', '4', ...worker], env);
    const waiting = [...group];
    const runNext = async (): Promise<Verdict[]> => {
      const each = waiting.shift();
      if (each === undefined) return [];
      const verdict = await runCase(each, { root: stage.root, env: { ...stage.env, ...env }, which });
      tell(verdict);
      if (values.keep || !verdict.holds) keep(stage.root, verdict.name);
      return [verdict, ...(await runNext())];
    };
    return (await Promise.all(Array.from({ length: atOnce }, runNext))).flat();
  } finally {
    await stage.close();
  }
}

function tell({ name, holds, seconds, cloned, said }: Verdict): void {
  const clones = cloned === 0 ? '' : `, ${cloned} in a clean clone`;
  say(`${holds ? '✓' : '✗'} ${name} (${seconds.toFixed(1)} s${clones})`);
  if (!holds) say(said.replaceAll(/^/gm, '    '));
}

/** For people who investigate what happened. */
function keep(root: string, name: string): void {
  const kept = join(keptIn, name);
  rmSync(kept, { recursive: true, force: true });
  cpSync(join(root, `case-${name}`), kept, { recursive: true });
  cpSync(join(root, 'worker.log'), join(kept, 'worker.log'));
  say(`    kept in ${kept}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
