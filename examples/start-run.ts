// Starts a run from a script, follows it, and prints how it ended:
//
//   node examples/start-run.ts REPOSITORY PLAN
//
// In a project of your own: import { Coppice } from 'coppice'.

import { Coppice } from '../client/api.ts';

const [repository, plan] = process.argv.slice(2);
if (repository === undefined || plan === undefined) {
  throw new Error('usage: node examples/start-run.ts REPOSITORY PLAN');
}

await using coppice = await Coppice.connect();
const run = await coppice.start({ repository, plan });
console.log(`started ${run.id}`);
for await (const event of run.events()) console.log(event.at, event.type, 'unit' in event ? event.unit : '');
const report = await run.result();
console.log(`${report.status}: ${report.units.filter((unit) => unit.status === 'landed').length} landed`);
process.exitCode = report.status === 'completed' ? 0 : 1;
