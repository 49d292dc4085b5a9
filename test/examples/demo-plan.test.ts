// Plays the demo's scripts against the example library with real git, shells and test runs, without Coppice: they must
// do what the demo says they do, or the demo would show something else.

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { judgeMerge, outOfScope } from '../../domain/policy.ts';
import { parseConfig } from '../../domain/files/config-file.ts';
import { parsePlan } from '../../domain/files/plan-file.ts';
import { scripts } from '../../examples/demo/scripts.ts';

const examples = fileURLToPath(new URL('../../examples/', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'coppice-demo-plan-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const parsedPlan = parsePlan(readFileSync(join(examples, 'demo/plan.yaml'), 'utf8'), 'plan.yaml');
const parsedConfig = parseConfig(readFileSync(join(examples, 'library/coppice.yaml'), 'utf8'), 'coppice.yaml');
const units = 'plan' in parsedPlan ? parsedPlan.plan.units : [];
const config = 'config' in parsedConfig ? parsedConfig.config : undefined;

const identity = { GIT_AUTHOR_NAME: 'T', GIT_AUTHOR_EMAIL: 't@x', GIT_COMMITTER_NAME: 'T', GIT_COMMITTER_EMAIL: 't@x' };
// Where NODE_TEST_CONTEXT is set, even to nothing, `node --test` skips every file and answers 0.
const { NODE_TEST_CONTEXT: _skips, NODE_OPTIONS: _others, ...inherited } = process.env;
const env: NodeJS.ProcessEnv = {
  ...inherited,
  ...identity,
  PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
};

class Library {
  readonly folder: string;

  constructor() {
    this.folder = mkdtempSync(join(root, 'library-'));
    cpSync(join(examples, 'library'), this.folder, { recursive: true });
    this.git('init', '--quiet', '--initial-branch=main');
    this.commit('Start');
  }

  run(commands: readonly string[]): void {
    for (const command of commands) spawnSync('bash', ['-c', command], { cwd: this.folder, env });
  }

  /** The library's own verification. */
  isGreen(): boolean {
    return spawnSync(process.execPath, ['--test'], { cwd: this.folder, env }).status === 0;
  }

  git(...args: string[]): string {
    return execFileSync('git', args, { cwd: this.folder, env, encoding: 'utf8' });
  }

  commit(subject: string): string {
    this.git('add', '--all');
    this.git('commit', '--quiet', '-m', subject);
    return this.git('rev-parse', 'HEAD').trim();
  }

  changed(): string[] {
    this.git('add', '--all');
    return this.git('diff', '--cached', '--name-only', 'HEAD').trim().split('\n');
  }
}

describe('the demo’s plan', () => {
  it('is valid, and has a script for each of its units', () => {
    expect(parsedPlan).toHaveProperty('plan');
    expect(parsedConfig).toHaveProperty('config');
    expect(units.map(({ id }) => id).toSorted()).toEqual(Object.keys(scripts).toSorted());
    expect(units.length).toBeGreaterThanOrEqual(8);
  });

  it('is green at the end of every unit, in the order of the plan, within scope', () => {
    const library = new Library();
    expect(library.isGreen()).toBe(true);
    for (const unit of units) {
      const script = scripts[unit.id];
      library.run(script?.work ?? []);
      // Every command may run twice.
      library.run(script?.work ?? []);
      if (script?.mend !== undefined) {
        expect([unit.id, library.isGreen()]).toEqual([unit.id, false]);
        library.run(script.mend);
      }
      expect([unit.id, library.isGreen()]).toEqual([unit.id, true]);
      expect(outOfScope(library.changed(), unit.scope)).toEqual([]);
      library.commit(unit.title);
    }
  });

  it('asks a person about one unit', () => {
    const asked = units.filter((unit) => {
      const library = new Library();
      library.run(scripts[unit.id]?.work ?? []);
      return config !== undefined && judgeMerge(config, library.changed(), unit.scope).decide === 'ask';
    });
    expect(asked.map(({ id }) => id)).toEqual(['longer']);
  });

  it('has two units that conflict, and either resolves it with both sides kept', () => {
    for (const [first, second] of [
      ['export-scale', 'export-clamp'],
      ['export-clamp', 'export-scale'],
    ] as const) {
      const library = new Library();
      library.git('checkout', '--quiet', '-b', 'second');
      library.run(scripts[second]?.work ?? []);
      library.commit(second);
      library.git('checkout', '--quiet', 'main');
      library.run(scripts[first]?.work ?? []);
      library.commit(first);
      expect(() => library.git('merge', '--quiet', 'second')).toThrow();
      library.run(scripts[second]?.resolve ?? []);
      const index = readFileSync(join(library.folder, 'src/index.ts'), 'utf8');
      expect(index).toContain('clamp');
      expect(index).toContain('scale');
      expect(index).not.toMatch(/[<=>]{7}/);
      expect(library.isGreen()).toBe(true);
    }
  });
});
