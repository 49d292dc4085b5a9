// How long the first test command of a unit takes in projects whose dependencies must be compiled: a Go module and a Rust
// workspace with about twenty dependencies from their registries, set up as `coppice init` proposes. Compared with the same
// command after the same edit in a clone outside, where everything has been compiled and tested before.
// Ours is a unit that is not the first one: commits have landed since the worktree that it gets was prepared. Measured are
// the command alone, and the agent's whole tool call, from the model's answer to the next request. The preparation is
// printed apart.

import { errorText } from '../domain/errors.ts';
import { closeProjects, openBuilds } from './parts/builds.ts';
import { runBench } from './harness.ts';

await runBench({
  name: 'warm-build',
  about:
    'the first test command of a unit, with the dependencies of a real project, against the same command in a warm clone outside',
  repetitions: 5,
  rows: {
    'go test': { measure: 's', goal: 1.5 },
    'go test, the tool call': { measure: 's', goal: 1.5 },
    'cargo test': { measure: 's', goal: 1.5 },
    'cargo test, the tool call': { measure: 's', goal: 1.5 },
  },
  async open({ quick, note }) {
    const builds = await openBuilds(quick, note);
    const seconds = async (side: 'inside' | 'outside') => {
      const figures: Record<string, number> = {};
      for (const build of builds) {
        const { command, call } = await build[side]();
        figures[`${build.manager} test`] = command;
        figures[`${build.manager} test, the tool call`] = call;
      }
      return figures;
    };
    return {
      ours: () => seconds('inside'),
      baseline: () => seconds('outside'),
      async close() {
        for (const build of builds) await build.close().catch((error: unknown) => note(errorText(error)));
        closeProjects();
      },
    };
  },
});
