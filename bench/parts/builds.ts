// Projects that are compiled, on two sides: a worker with units of a scripted model, and a clone without Coppice. Uses real
// toolchains and registries; projects whose tools this machine lacks are left out.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { errorText } from '../../domain/errors.ts';
import { cleanUp, temporaryFolder } from '../../test/git/make-repository.ts';
import { filesOf, type Project } from '../../test/projects/ordinary.ts';
import { networkEnv } from '../../test/projects/sessions.ts';
import { crateWithTests, moduleWithTests } from '../../test/projects/tested.ts';
import { findTool, type Tool } from '../../test/projects/tools.ts';
import { readyCopies } from './ready-copies.ts';
import { Stage } from './stage.ts';

const exec = promisify(execFile);

interface Build {
  readonly project: Project;
  readonly test: string;
  /** A change that makes the tool compile again what depends on the library; `n` makes it unlike any other. */
  readonly edit: (n: number) => string;
  /** Caches outside. */
  readonly caches: readonly string[];
  /** Part of the test command's output if it passed. */
  readonly passed: string;
}

const go = (packages: readonly string[]): Build => ({
  project: moduleWithTests(packages),
  test: 'go test ./...',
  edit: (n) => `printf '\\nfunc Added${n}() int { return ${n} }\\n' >> lib/lib.go`,
  caches: ['GOMODCACHE', 'GOCACHE'],
  passed: 'ok  \\texample.com/app/lib',
});
const rust = (crates: Readonly<Record<string, string>>): Build => ({
  project: crateWithTests(crates),
  test: 'cargo test --offline --workspace',
  edit: (n) => `printf 'pub fn added_${n}() -> i32 { ${n} }\\n' >> lib/src/lib.rs`,
  caches: ['CARGO_HOME'],
  passed: 'test result: ok',
});

const small = [go(['golang.org/x/mod/semver']), rust({ itoa: '"1"' })];
const ordinary = [
  go([
    ...[
      'github.com/gin-gonic/gin',
      'github.com/go-chi/chi/v5',
      'github.com/gorilla/mux',
      'github.com/gorilla/websocket',
    ],
    ...['github.com/spf13/cobra', 'github.com/spf13/viper', 'go.uber.org/zap', 'github.com/rs/zerolog'],
    ...['github.com/sirupsen/logrus', 'github.com/google/uuid', 'github.com/google/go-cmp/cmp', 'gopkg.in/yaml.v3'],
    ...['github.com/stretchr/testify/require', 'github.com/tidwall/gjson', 'github.com/redis/go-redis/v9'],
    ...['google.golang.org/protobuf/proto', 'github.com/prometheus/client_golang/prometheus'],
    ...['golang.org/x/crypto/bcrypt', 'golang.org/x/net/http2', 'golang.org/x/sync/errgroup'],
  ]),
  rust({
    ...{ serde: '{ version = "1", features = ["derive"] }', serde_json: '"1"', regex: '"1"', anyhow: '"1"' },
    ...{ clap: '{ version = "4", features = ["derive"] }', tokio: '{ version = "1", features = ["full"] }' },
    ...{ thiserror: '"2"', log: '"0.4"', tracing: '"0.1"', itertools: '"0.14"', bytes: '"1"', futures: '"0.3"' },
    ...{ base64: '"0.22"', sha2: '"0.10"', url: '"2"', indexmap: '"2"', hex: '"0.4"', tempfile: '"3"' },
    ...{ chrono: '"0.4"', uuid: '{ version = "1", features = ["v4"] }' },
  }),
];

/** Seconds of a test command: of the command alone, and from the model's answer to its next request. Outside, the same. */
export interface Tested {
  readonly command: number;
  readonly call: number;
}

export interface BuildSides {
  readonly manager: string;
  /** Of one more unit, or of one more edit in the clone. */
  inside(): Promise<Tested>;
  outside(): Promise<Tested>;
  close(): Promise<void>;
}

/** Removes the projects' files. */
export const closeProjects = cleanUp;

/** Opens the projects that this machine can build; notes why the others are left out. */
export async function openBuilds(quick: boolean, note: (text: string) => void): Promise<BuildSides[]> {
  const opened: BuildSides[] = [];
  for (const build of quick ? small : ordinary) {
    const { manager } = build.project;
    try {
      opened.push(await openBuild(build, note));
    } catch (error) {
      const [why = ''] = errorText(error).split('\n');
      note(`without a project of ${manager}: ${why}`);
    }
  }
  return opened;
}

async function openBuild(build: Build, note: (text: string) => void): Promise<BuildSides> {
  const { manager } = build.project;
  const tool = findTool(manager, temporaryFolder());
  const files = filesOf(build.project, tool, temporaryFolder());
  const inside = await openInside(build, tool, files);
  try {
    // The clone is of the first commit: what lands later is not its business.
    const outside = await openOutside(build, tool, inside);
    const first = await inside.unit();
    await readyCopies(inside.home);
    note(
      `${manager}, preparation: ${first.prepared.toFixed(1)} s until the first unit's first request (setup); ` +
        `${outside.prepared.toFixed(1)} s for the clone (fetch, compile, test)`,
    );
    return {
      manager,
      async inside() {
        await readyCopies(inside.home);
        return (await inside.unit()).tested;
      },
      outside: outside.tested,
      close: inside.close,
    };
  } catch (error) {
    await inside.close();
    throw error;
  }
}

function timed(command: string): string {
  return `started=$(date +%s%N); ${command}; code=$?; echo "took $((($(date +%s%N) - started) / 1000000)) ms"; exit $code`;
}

function secondsIn(said: string): number {
  return Number(/took (\d+) ms/.exec(said)?.[1] ?? Number.NaN) / 1000;
}

async function openInside(build: Build, { toolchains }: Tool, files: Readonly<Record<string, string>>) {
  let units = 0;
  let askedAt: number | null = null;
  let testingSince = 0;
  let tested: Tested | null = null;
  const stage = await Stage.open({
    reply({ messages }) {
      const now = performance.now();
      const turn = messages.filter(({ role }) => role === 'assistant').length;
      if (turn === 0) {
        askedAt ??= Date.now();
        return { tools: [{ name: 'bash', input: { command: build.edit(units) } }] };
      }
      if (turn === 1) {
        testingSince = performance.now();
        return { tools: [{ name: 'bash', input: { command: timed(build.test) } }] };
      }
      const said = JSON.stringify(messages.at(-1));
      if (turn === 2 && said.includes(build.passed))
        tested = { command: secondsIn(said), call: (now - testingSince) / 1000 };
      return { text: 'Done.' };
    },
  });
  const home = join(stage.root, 'worker');
  await stage.worker('worker', ['--slots', '2', '--verify-slots', '1'], {
    ...networkEnv(),
    COPPICE_POOL_MB: '16384',
    COPPICE_SANDBOX_PATHS: toolchains.join(':'),
  });
  const repository = stage.remote(files);
  return {
    home,
    repository,
    folder: stage.root,
    close: () => stage.close(),
    /** `prepared`: seconds from the start of a run to its unit's first request. */
    async unit(): Promise<{ readonly prepared: number; readonly tested: Tested }> {
      units += 1;
      [askedAt, tested] = [null, null];
      const plan = { version: 1, units: [{ id: `unit-${units}`, title: `Add ${units}`, prompt: `Add ${units}.` }] };
      const report = await (await stage.coppice.start({ repository, plan })).result();
      if (report.status !== 'completed' || askedAt === null) throw new Error(`the run ended as ${report.status}`);
      if (tested === null) throw new Error('the test command of the unit failed');
      return { prepared: (askedAt - Date.parse(report.startedAt)) / 1000, tested };
    },
  };
}

async function openOutside(
  build: Build,
  { env }: Tool,
  { repository, folder }: { readonly repository: string; readonly folder: string },
) {
  const clone = join(folder, 'clone');
  const caches = build.caches.map((name) => [name, join(folder, 'caches', name)] as const);
  await exec('git', ['clone', '--quiet', '--no-local', repository, clone]);
  const run = async (command: string): Promise<Tested> => {
    const started = performance.now();
    const { stdout } = await exec('sh', ['-c', timed(command)], {
      cwd: clone,
      env: { ...process.env, ...env, ...Object.fromEntries(caches) },
      maxBuffer: 64 * 1024 * 1024,
    });
    return { command: secondsIn(stdout), call: (performance.now() - started) / 1000 };
  };
  const prepared = (await run(build.test.replace(' --offline', ''))).call;
  let edits = 0;
  return {
    prepared,
    async tested(): Promise<Tested> {
      // Other numbers than those of the units change nothing.
      await run(build.edit((edits += 1)));
      return run(build.test);
    },
  };
}
