// How many units land in a second, in trains of 16, 4 and 1, when nothing has to be verified, when the verdict is known, and
// when it comes meanwhile (the verification itself is left out). Only the activities' own code with real git and bare
// remotes on this machine: no Temporal server, no workflow. Against landing one unit at a time, as it was before trains.

import { cleanUp, makeRemote, makeState, temporaryFolder } from '../test/git/make-repository.ts';
import { built, land, makeResults, openTrainHost, tipOf, trainOf } from '../test/landing/trains.ts';
import type { LandingSubject } from '../contracts/activities/landing.ts';
import type { VerifyHost } from '../activities/landing/verify/verify-host.ts';
import { earlierCommit, lacksEarlier, openEarlier } from './parts/earlier-landing.ts';
import { planRun } from '../test/agent/slice-host.ts';
import { runBench } from './harness.ts';

const rules = (verify: string) => ({ 'coppice.yaml': `version: 1\n${verify}queue: { batch: { max: 16 } }\n` });
const shapes = {
  'trains of 16': { size: 16, verdict: 'none' },
  'trains of 4': { size: 4, verdict: 'none' },
  'trains of 1': { size: 1, verdict: 'none' },
  'trains of 16, verdicts known': { size: 16, verdict: 'known' },
  'trains of 1, verdicts known': { size: 1, verdict: 'known' },
  'trains of 16, verified meanwhile': { size: 16, verdict: 'meanwhile' },
  'trains of 1, verified meanwhile': { size: 1, verdict: 'meanwhile' },
} as const;

type Name = keyof typeof shapes;
type Shape = (typeof shapes)[Name];
// The keys are the names.
const names = Object.keys(shapes) as Name[];
const row = { measure: '/s', goal: null };

/** Results of that many units on a new remote of 200 files; each adds one. They are on no host yet. */
async function prepare(host: VerifyHost, units: number, { verdict }: Shape): Promise<LandingSubject[]> {
  const files = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`src/${i % 10}/file-${i}.txt`, `${i}\n`]));
  const remote = makeRemote({ ...files, ...rules(verdict === 'none' ? '' : 'verify: "true"\n') });
  const context = await planRun(host, { remote, state: makeState(), run: 'bench' });
  const changes = Array.from(
    { length: units },
    (_, i) => [`unit-${i}`, { [`src/${i % 10}/unit-${i}.txt`]: `${i}\n` }] as const,
  );
  return makeResults(remote, context, Object.fromEntries(changes));
}

/** Landings a second; `other` is a host that says beforehand which verdicts there will be. */
async function landAll(
  { host, other }: { readonly host: VerifyHost; readonly other: VerifyHost },
  subjects: readonly LandingSubject[],
  { size, verdict }: Shape,
): Promise<number> {
  let spent = 0;
  for (let at = 0; at < subjects.length; at += size) {
    const members = subjects.slice(at, at + size);
    const [first] = members;
    if (first === undefined) break;
    const green = verdict === 'known' ? [tipOf(await built(other, members)).key ?? ''] : [];
    const input = trainOf(members, { green });
    const started = performance.now();
    const train = await built(host, members, input);
    const landing = train.status === 'built' ? await land(host, first.context, train) : train;
    spent += performance.now() - started;
    if (landing.status !== 'landed') throw new Error(`a train has not landed: ${JSON.stringify(train.members)}`);
  }
  return (subjects.length / spent) * 1000;
}

await runBench<Name>({
  name: 'landing',
  about: `landings a second, git alone, in trains, against one by one as of ${earlierCommit}`,
  repetitions: 5,
  rows: {
    'trains of 16': row,
    'trains of 4': row,
    'trains of 1': row,
    'trains of 16, verdicts known': row,
    'trains of 1, verdicts known': row,
    'trains of 16, verified meanwhile': row,
    'trains of 1, verified meanwhile': row,
  },
  lacks: () => Promise.resolve(lacksEarlier()),
  async open({ quick, note }) {
    const units = quick ? 16 : 64;
    note(
      `${units} units, each adds a file to 200; one host, bare remotes beside it; no Temporal server, no verification`,
    );
    note('the baseline of all rows is the same: build, push to the state remote, land, one unit after the other');
    const landOne = await openEarlier(temporaryFolder());
    const hosts = { host: await openTrainHost(), other: await openTrainHost() };
    return {
      async ours() {
        const figures: Partial<Record<Name, number>> = {};
        for (const name of names) {
          const subjects = await prepare(hosts.other, units, shapes[name]);
          figures[name] = await landAll(hosts, subjects, shapes[name]);
        }
        return figures;
      },
      async baseline() {
        const subjects = await prepare(hosts.other, units, shapes['trains of 1']);
        const started = performance.now();
        for (const subject of subjects) await landOne(subject);
        const rate = (units / (performance.now() - started)) * 1000;
        return Object.fromEntries(names.map((name) => [name, rate])) as Record<Name, number>;
      },
      close: () => Promise.resolve(cleanUp()),
    };
  },
});
