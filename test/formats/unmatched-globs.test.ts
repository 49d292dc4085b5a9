import { describe, expect, it } from 'vitest';
import type { Config } from '../../contracts/documents/config.ts';
import { defaultConfig } from '../../contracts/documents/config.ts';
import { explainUnmatchedRules, explainUnmatchedScopes } from '../../formats/globs/unmatched.ts';
import { unit } from '../domain/fixtures.ts';

const target = { name: 'main', paths: ['app/(admin)/page.tsx', 'docs/a.md', 'src/[id].ts', 'README.md'] };
const rules = (paths: readonly string[], protect: readonly string[] = [], inputs?: readonly string[]): Config => ({
  ...defaultConfig,
  policy: [{ action: 'merge', paths, decide: 'deny', by: [] }],
  landing: { ...defaultConfig.landing, protect: [...defaultConfig.landing.protect, ...protect] },
  setup: inputs === undefined ? null : { run: 'make', network: false, timeoutSeconds: 1, inputs },
});

describe('globs of coppice.yaml', () => {
  it('are not spoken of where they match, and what Coppice protects by itself need not exist', () => {
    expect(explainUnmatchedRules(rules(['app/(admin)/**', 'src/[id].ts'], ['docs/**'], ['*.md']), target)).toEqual([]);
  });

  it('that match nothing are named one by one, with what may have been meant', () => {
    expect(explainUnmatchedRules(rules(['app/(admn)/**', 'docs', '**'], ['readme.md'], ['gen/*']), target)).toEqual([
      'policy (deny): app/(admn)/** matches no path of main',
      'policy (deny): docs is a folder of main and matches none of its files: write docs/**',
      'landing.protect: readme.md matches no path of main, which has README.md',
      'setup.inputs: gen/* matches no path of main',
    ]);
  });
});

describe('scopes', () => {
  it('that match nothing are named, since they are right only for what a unit creates', () => {
    const units = [
      { id: unit('a'), scope: ['src/[id].ts', 'new/**'] },
      { id: unit('b'), scope: ['docs/**'] },
      { id: unit('c'), scope: null },
      { id: unit('d'), scope: ['x', 'y'] },
    ];
    expect(explainUnmatchedScopes(units, target)).toEqual([
      'scope of a: new/** matches no path of main; that is right only if the unit creates it',
      'scope of d: x matches no path of main (and 1 more of its globs); that is right only if the unit creates it',
    ]);
  });

  it('are only counted where there are many', () => {
    const units = Array.from({ length: 10_000 }, (_, i) => ({ id: unit(`u${i}`), scope: [`new/${i}/**`] }));
    const lines = explainUnmatchedScopes(units, target);
    expect(lines).toHaveLength(6);
    expect(lines.at(-1)).toBe('and the scopes of 9995 more units match nothing');
  });
});
