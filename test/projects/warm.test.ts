// Real compilers and dependencies of real registries: what `coppice init` proposes leaves nothing to compile but what has
// changed, and what an agent compiles reaches nobody. Seen from what the build tools say, never from a clock.

import { afterAll, describe, expect, it, vi } from 'vitest';
import { type Project, filesOf } from './ordinary.ts';
import { cleanUp, makeRemote, temporaryFolder } from '../git/make-repository.ts';
import { findTool } from './tools.ts';
import { openSessions } from './sessions.ts';
import { crateWithTests, moduleWithTests } from './tested.ts';

afterAll(cleanUp);
vi.setConfig({ testTimeout: 1_800_000 });

interface Case {
  readonly project: Project;
  /** Runs the tests and says what is compiled. */
  readonly test: string;
  /** Names of what was compiled, each once. */
  readonly compiled: (said: string) => string[];
  /** All packages of the project. */
  readonly own: readonly string[];
  /** Changes a package, on which the others depend. */
  readonly edit: string;
  /** The same as a commit. */
  readonly change: Readonly<Record<string, string>>;
  readonly caches: string;
}

const once = (names: Iterable<string>) => [...new Set(names)].toSorted();

const cases: readonly [string, Case][] = [
  [
    'Go',
    {
      project: moduleWithTests(['github.com/spf13/cobra', 'github.com/google/go-cmp/cmp']),
      test: 'go test -x ./... 2>&1',
      compiled: (said) => once([...said.matchAll(/\/compile\b.* -p (\S+)/g)].map(([, name = '']) => name)),
      // `main` are the programs: the module's own and those of its tests.
      own: ['example.com/app', 'example.com/app/lib', 'main'],
      edit: "printf '\\nfunc Two() int { return 2 }\\n' >> lib/lib.go",
      change: { 'lib/more.go': 'package lib\n\nfunc Two() int { return 2 }\n' },
      caches: '.deps',
    },
  ],
  [
    'Rust',
    {
      project: crateWithTests({ serde: '{ version = "1", features = ["derive"] }', anyhow: '"1"' }),
      test: 'cargo test --offline --workspace -v 2>&1',
      compiled: (said) => once([...said.matchAll(/^ *(?:Compiling|Dirty) (\S+)/gm)].map(([, name = '']) => name)),
      own: ['app', 'lib'],
      edit: "printf 'pub fn two() -> i32 { 2 }\\n' >> lib/src/lib.rs",
      change: { 'lib/src/lib.rs': 'pub fn one() -> i32 { 1 }\npub fn two() -> i32 { 2 }\n' },
      caches: '.deps target',
    },
  ],
];

describe('a project as init proposes it', () => {
  it.each(cases)('has nothing to compile but what changed, for agents and verifications: %s', async (_, each) => {
    const { project, test, compiled, own, edit, change, caches } = each;
    const tool = findTool(project.manager, temporaryFolder());
    const files = filesOf(project, tool, temporaryFolder());
    const remote = makeRemote(files);
    const sessions = await openSessions(remote, files['coppice.yaml'] ?? '', tool);
    const compiledIn = async (worktree: Parameters<typeof sessions.run>[0]) =>
      compiled(await sessions.run(worktree, test));

    const first = await sessions.agent();
    expect(await compiledIn(first)).toEqual([]);
    expect(sessions.setUps()).toBe(1);
    const second = await sessions.agent();
    expect(await compiledIn(second)).toEqual([]);
    await sessions.run(second, edit);
    expect(await compiledIn(second)).toEqual(own);

    // What agents do to their caches stays with them.
    await sessions.run(first, `chmod -R u+w ${caches} && find ${caches} -type f -exec truncate -s 0 {} +`);
    const candidate = remote.push(change, { branch: 'candidate' });
    await sessions.verification(candidate);
    const setUps = sessions.setUps();
    expect(await compiledIn(await sessions.verification(candidate))).toEqual(own);
    expect(sessions.setUps()).toBe(setUps);

    // Nor does a commit that lands make anything cold.
    remote.push(change);
    const third = await sessions.agent();
    // A copy may have been prepared for the new commit already.
    expect(own).toEqual(expect.arrayContaining(await compiledIn(third)));
    expect(sessions.setUps()).toBe(setUps);
    expect(sessions.logged).toEqual([]);
    await sessions.stop();
  });
});
