// Plays the demo's conversations against the example library with real git, shells and test runs, without Coppice: they
// must do what the demo claims.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkFailed } from '../../activities/agent/prompts/prompt.ts';
import { conflictMet } from '../../activities/agent/prompts/conflicts.ts';
import { judgeMerge, outOfScope } from '../../formats/policy/judge.ts';
import { parseConfig } from '../../formats/config-file/config-file.ts';
import { parsePlan } from '../../formats/plan-file/plan-file.ts';
import { scripts } from '../../examples/demo/scripts.ts';
import { Conversation } from './conversation.ts';
import { Library, env, examples } from './library.ts';

const root = mkdtempSync(join(tmpdir(), 'coppice-demo-plan-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const parsedPlan = parsePlan(readFileSync(join(examples, 'demo/plan.yaml'), 'utf8'), 'plan.yaml');
const parsedConfig = parseConfig(readFileSync(join(examples, 'library/coppice.yaml'), 'utf8'), 'coppice.yaml');
const units = 'plan' in parsedPlan ? parsedPlan.plan.units : [];
const config = 'config' in parsedConfig ? parsedConfig.config : undefined;

interface Played {
  readonly greenAtFirst: boolean;
  readonly greenAtEnd: boolean;
  readonly verifies: boolean;
  readonly changed: readonly string[];
}

/** As the run goes: work, and when the check is red, told so in the words of the agent's host. */
function playUnit(library: Library, unit: string, verify: string | null): Played {
  const conversation = new Conversation(library, unit);
  conversation.play();
  const greenAtFirst = library.isGreen();
  if (!greenAtFirst) {
    conversation.say(checkFailed('node --test', 'not ok'));
    conversation.play();
  }
  const verifies = verify === null || spawnSync('bash', ['-c', verify], { cwd: library.folder, env }).status === 0;
  const played = { greenAtFirst, greenAtEnd: library.isGreen(), verifies, changed: library.changed() };
  library.commit(unit);
  return played;
}

describe('the demo’s plan', () => {
  const played = new Map<string, Played>();
  let greenBefore = false;

  beforeAll(() => {
    const library = new Library(root);
    greenBefore = library.isGreen();
    // In the order of the plan, which is one in which its units may land.
    for (const { id, verify } of units) played.set(id, playUnit(library, id, verify));
  });

  const idsWhere = (holds: (unit: Played) => boolean): string[] =>
    units.flatMap(({ id }) => {
      const unit = played.get(id);
      return unit !== undefined && holds(unit) ? [id] : [];
    });

  it('is valid, and has a script for each of its units', () => {
    expect(parsedPlan).toHaveProperty('plan');
    expect(parsedConfig).toHaveProperty('config');
    expect(units.map(({ id }) => id).toSorted()).toEqual(Object.keys(scripts).toSorted());
    expect(units.length).toBeGreaterThanOrEqual(8);
  });

  it('is green at the end of every unit', () => {
    expect(greenBefore).toBe(true);
    expect(idsWhere(({ greenAtEnd, verifies }) => greenAtEnd && verifies)).toEqual(units.map(({ id }) => id));
  });

  it('has one unit whose first attempt fails its tests', () => {
    expect(idsWhere(({ greenAtFirst }) => !greenAtFirst)).toEqual(['compare']);
  });

  const changesOf = (id: string, scope: readonly string[] | null) => ({
    changed: played.get(id)?.changed ?? [],
    scope,
    target: [],
  });

  it('keeps every unit within its scope', () => {
    for (const { id, scope } of units) expect([id, outOfScope(changesOf(id, scope))]).toEqual([id, []]);
  });

  it('asks a person about one unit', () => {
    const asked = units.filter(
      ({ id, scope }) => config !== undefined && judgeMerge(config, changesOf(id, scope)).decide === 'ask',
    );
    expect(asked.map(({ id }) => id)).toEqual(['longer']);
  });

  it.each([
    ['export-scale', 'export-clamp'],
    ['export-clamp', 'export-scale'],
  ] as const)('keeps both sides when %s lands before %s, which conflicts', (first, second) => {
    const library = new Library(root);
    library.git('checkout', '--quiet', '-b', 'second');
    const conversation = new Conversation(library, second);
    conversation.play();
    library.commit(second);
    library.git('checkout', '--quiet', 'main');
    new Conversation(library, first).play();
    library.commit(first);
    const merge = spawnSync('git', ['merge-tree', '--write-tree', 'main', 'second'], { cwd: library.folder, env });
    expect(merge.status).toBe(1);
    expect(() => library.git('merge', '--quiet', 'second')).toThrow();

    const conflict = { path: 'src/index.ts', kind: 'contents', marked: true, onTarget: true, onUnit: true };
    conversation.say(conflictMet([{ ...conflict, offered: [], remake: null }]));
    conversation.play();
    const index = library.read('src/index.ts');
    expect(index).toContain("export { clamp } from './clamp.ts';\n");
    expect(index).toContain("export { scale } from './scale.ts';\n");
    expect(index).not.toMatch(/[<=>|]{7}/);
    expect(library.isGreen()).toBe(true);
  });
});

describe('the scripted model', () => {
  it.each(
    (['before its tools ran', 'after its tools ran'] as const).flatMap((lost) =>
      ['weeks', 'compare', 'export-scale', 'longer', 'readme'].map((unit) => ({ lost, unit })),
    ),
  )('comes to the same files in $unit when hosts die $lost', ({ lost, unit }) => {
    const [straight, bumpy] = [new Library(root), new Library(root)];
    new Conversation(straight, unit).play();
    new Conversation(bumpy, unit).play(lost);
    expect(bumpy.tree()).toBe(straight.tree());
  });

  it('continues from the conversation alone', () => {
    const library = new Library(root);
    const first = new Conversation(library, 'export-scale');
    first.step();
    const other = new Conversation(library, 'export-scale', first.messages);
    other.play();
    expect(library.read('src/index.ts')).toContain('scale');
    expect(other.messages.filter(({ role }) => role === 'assistant')).toHaveLength(3);
  });
});
