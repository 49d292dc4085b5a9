// A unit's host asks the owners of code that the unit's base names.

import { expect, it } from 'vitest';
import { type SliceBench, doneOf, useBench } from './slice-bench.ts';
import { configCodec } from '../../formats/state-documents/plan.ts';
import { parseConfig } from '../../formats/config-file/config-file.ts';
import { steps } from '../e2e/scripts.ts';

let bench: SliceBench;
useBench((opened) => (bench = opened));

const rules = [
  'policy: [{ action: merge, decide: ask, by: [codeowners] }]',
  "people: { dana: { person: true, users: [dana], owns: ['@dana'] }, kim: { users: [kim], owns: ['@acme/ui'] } }",
].join('\n');

/** The verdict of a host on what these commands change. */
async function verdictOn(command: string) {
  const { config } = parseConfig(rules, 'coppice.yaml');
  if (config === undefined) throw new Error('no configuration');
  const pinned = configCodec.read(configCodec.write(config));
  const context = await bench.planned(steps(command), { config: { ...pinned, verify: [] } });
  return doneOf(await bench.host.start(context).result).verdict;
}

it('asks each set of owners for its paths, and nobody about what nobody owns', async () => {
  bench.remote.push({ 'docs/CODEOWNERS': '* @dana\n/ui/ @acme/ui\n/free/\n', 'ui/a': '1\n' });
  expect(await verdictOn('mkdir -p free && echo 2 > ui/a && echo x > free/b && echo x > c')).toMatchObject({
    decide: 'ask',
    policy: {
      required: [
        { by: ['@dana'], allowed: { users: ['dana'] }, paths: ['c'] },
        { by: ['@acme/ui'], allowed: { users: ['kim'] }, paths: ['ui/a'] },
      ],
    },
  });
  expect(await verdictOn('mkdir -p free && echo x > free/b')).toEqual({ decide: 'allow' });
});

it('does not let a unit say who owns what it changes, and lets nobody decide by a file that cannot be read', async () => {
  const seizing = 'mkdir .github && echo "* @acme/ui" > .github/CODEOWNERS && echo 3 > c';
  expect(await verdictOn(seizing)).toMatchObject({
    policy: { required: [{ by: ['@dana'], paths: ['.github/CODEOWNERS', 'c'] }] },
  });
  bench.remote.push({ '.github/CODEOWNERS': { link: '../README.md' } });
  expect(await verdictOn('echo 4 > c')).toMatchObject({
    policy: {
      rule: 'merge of anything: ask the owners; .github/CODEOWNERS is a symbolic link; it must be a file, so nobody may decide',
      allowed: { slack: [], users: [], email: [] },
    },
  });
});
