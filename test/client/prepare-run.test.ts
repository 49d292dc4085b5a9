import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { preparedText } from '../../client/cli/present/prepared.ts';
import { prepareRun } from '../../client/start/prepare-run.ts';

const root = mkdtempSync(join(tmpdir(), 'coppice-prepare-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A bare repository with one commit that has this coppice.yaml, and this CODEOWNERS. */
function repositoryWith(config: string, owners?: string): string {
  const seed = mkdtempSync(join(root, 'seed-'));
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', seed, '-c', 'user.name=T', '-c', 'user.email=t@x', ...args]);
  git('init', '--quiet', '--initial-branch=main');
  writeFileSync(join(seed, 'coppice.yaml'), config);
  if (owners !== undefined) writeFileSync(join(seed, 'CODEOWNERS'), owners);
  git('add', '--all');
  git('commit', '--quiet', '-m', 'Start');
  git('branch', 'next');
  const bare = `${seed}.git`;
  execFileSync('git', ['clone', '--quiet', '--bare', seed, bare]);
  return bare;
}

const plan = { version: 1, units: [{ id: 'a', title: 'A', prompt: 'Do', budgetUsd: undefined }] };
const prepare = (config: string) => prepareRun({ repository: repositoryWith(config), plan }, {}, join(root, 'home'));

describe('a prepared run', () => {
  it('can cost at most what the budgets say, by default those of a model whose price is known', async () => {
    const prepared = await prepare('version: 1\nverify: "true"\n');
    expect(prepared).toMatchObject({ branch: 'main', maxCostUsd: 10, warnings: [] });
    expect(prepared.queue).toMatch(/^queue:.+-[0-9a-f]{8}$/);
  });

  it('has the units that its plan makes for the files of the target', async () => {
    const each = { id: 'a', forEach: { glob: '*.yaml' }, title: 'Check ${{ path }}', prompt: 'Do' };
    const repository = repositoryWith('version: 1\nverify: "true"\n');
    const of = (unit: object) =>
      prepareRun({ repository, plan: { version: 1, units: [{ ...each, ...unit }] } }, {}, join(root, 'home'));
    expect((await of({})).plan.units).toMatchObject([{ id: 'a-1', title: 'Check coppice.yaml' }]);
    await expect(of({ forEach: { glob: '*.js' } })).rejects.toMatchObject({
      type: 'BadPlan',
      details: [{ errors: [{ message: 'forEach.glob matches no file of the target' }] }],
    });
  });

  it('has what is known of a plan whose commands a host runs first, and its errors', async () => {
    const lines = { id: 'b', forEach: { command: 'ls' }, title: 'Check ${{ line }}', prompt: 'Do' };
    const repository = repositoryWith('version: 1\nverify: "true"\nrun: { budgetUsd: 15 }\n');
    const of = (glob: string) => {
      const files = { id: 'a', forEach: { glob }, title: 'Check ${{ path }}', prompt: 'Do' };
      return prepareRun({ repository, plan: { version: 1, units: [files, lines] } }, {}, join(root, 'home'));
    };
    const prepared = await of('*.yaml');
    expect(prepared).toMatchObject({
      plan: { units: [{ id: 'plan' }] },
      partlyMade: { plan: { units: [{ id: 'a-1' }, { id: 'b' }] }, open: [{ id: 'b' }] },
      warnings: [expect.stringContaining('add up to $20.00, and the run has $15.00')],
    });
    expect(preparedText(prepared)).toMatch(/^units +1 unit so far; a host makes the others first/m);
    await expect(of('*.js')).rejects.toMatchObject({ type: 'BadPlan' });
  });

  it('has units that may change one file in an order, or says so, as coppice.yaml wants it', async () => {
    const units = ['a', 'b'].map((id) => ({ id, title: id, prompt: 'Do', scope: ['coppice.yaml'] }));
    const of = async (run: string) => {
      const repository = repositoryWith(`version: 1\nverify: "true"\n${run}`);
      const prepared = await prepareRun({ repository, plan: { version: 1, units } }, {}, join(root, 'home'));
      return { warnings: prepared.warnings, after: prepared.plan.units[1]?.after };
    };
    const warned = { warnings: [expect.stringContaining('a and b may change coppice.yaml at the same time')] };
    expect(await of('')).toMatchObject({ ...warned, after: undefined });
    expect(await of('run: { overlap: allow }')).toEqual({ warnings: [], after: undefined });
    expect(await of('run: { overlap: serialize }')).toEqual({
      warnings: ['b starts when a has ended, since both may change coppice.yaml'],
      after: ['a'],
    });
  });

  it('goes to the branch that coppice.yaml names, unless the request names one', async () => {
    const repository = repositoryWith('version: 1\nbranch: next\nverify: "true"\n');
    const request = { repository, plan };
    expect((await prepareRun(request, {}, join(root, 'home'))).branch).toBe('next');
    expect((await prepareRun({ ...request, branch: 'main' }, {}, join(root, 'home'))).branch).toBe('main');
  });

  it('warns where a rule asks owners whom nobody of `people` is', async () => {
    const rule = '{ action: merge, decide: ask, by: [codeowners] }';
    const config = `verify: "true"\npeople: { dana: { users: [dana], owns: ['@dana'] } }\npolicy: [${rule}]\n`;
    const warningsWith = async (owners?: string) => {
      const repository = repositoryWith(config, owners);
      return (await prepareRun({ repository, plan }, {}, join(root, 'home'))).warnings;
    };
    expect(await warningsWith('* @dana\n')).toEqual([]);
    expect(await warningsWith('* @dana\ncoppice.yaml @ghost @other\n')).toEqual([
      'policy: merge of anything: ask the owners; `people` knows nobody who is @ghost, @other (line 2 of CODEOWNERS), so nobody may decide: coppice.yaml',
    ]);
    expect(await warningsWith()).toEqual([
      'policy: merge of anything: ask the owners; the target has no CODEOWNERS, so nobody may decide',
    ]);
  });

  it('has no budget, and says so, when no price is known and the file sets none', async () => {
    const prepared = await prepare('version: 1\nverify: "true"\nagent: { model: house-model }\n');
    expect(prepared).toMatchObject({
      maxCostUsd: null,
      config: { agent: { budgetUsd: null }, run: { budgetUsd: null } },
      warnings: ['no price is known for house-model: the run has no budget'],
    });
  });

  it('is refused when the file sets a budget that cannot be kept', async () => {
    await expect(prepare('version: 1\nagent: { model: house-model }\nrun: { budgetUsd: 7 }\n')).rejects.toMatchObject({
      type: 'ModelUnpriced',
    });
  });

  it('gives a reviewer without a known price no budget, or is refused where the file sets one', async () => {
    const own = 'model: house-model, review: { rounds: 1 }';
    const prepared = await prepare(`version: 1\nverify: "true"\nagent: { ${own} }\n`);
    expect(prepared.config.agent.review).toMatchObject({ budgetUsd: null, rounds: 1 });
    for (const agent of ['model: house-model, review: { budgetUsd: 1 }', 'review: { model: house-model }'])
      await expect(prepare(`version: 1\nagent: { ${agent} }\n`)).rejects.toMatchObject({ type: 'ModelUnpriced' });
    const other = await prepare('version: 1\nagent: { model: house-model, review: { model: claude-opus-4-1 } }\n');
    expect(other.config.agent.review).toMatchObject({ budgetUsd: 2 });
  });
});
