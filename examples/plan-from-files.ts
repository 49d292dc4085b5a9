// Makes a plan in code: the same work for each of many files, one unit a file, and one at the end that needs them all.
// Before anything starts, shows the highest possible cost.
//
//   node examples/plan-from-files.ts REPOSITORY WHAT-TO-DO FILE…

import { Coppice, type PlanDocumentUnit, type RunRequest } from '../client/api.ts';

const [repository, task, ...files] = process.argv.slice(2);
if (repository === undefined || task === undefined || files.length === 0) {
  throw new Error('usage: node examples/plan-from-files.ts REPOSITORY WHAT-TO-DO FILE…');
}

const units = files.map((file): PlanDocumentUnit => ({
  id: file
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, ''),
  title: `${task} (${file})`,
  prompt: `${task}\n\nIn the file ${file}, and nowhere else.`,
  scope: [file],
}));
const summary = {
  id: 'summary',
  title: `Note in CHANGES.md: ${task}`,
  prompt: `This was done in ${files.join(', ')}: ${task}\n\nAdd one line about it to CHANGES.md.`,
  needs: units.map(({ id }) => id),
  scope: ['CHANGES.md'],
};
const request: RunRequest = { repository, plan: { version: 1, goal: task, units: [...units, summary] } };

await using coppice = await Coppice.connect();
const prepared = await coppice.prepare(request);
for (const warning of prepared.warnings) console.log(`warning: ${warning}`);
console.log(`at most ${prepared.maxCostUsd === null ? 'any amount' : `$${prepared.maxCostUsd}`}`);
const run = await coppice.start(request, prepared);
const report = await run.result();
for (const unit of report.units) console.log(`${unit.id} ${unit.status}`);
process.exitCode = report.status === 'completed' ? 0 : 1;
