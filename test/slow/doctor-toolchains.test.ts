// What `coppice doctor` says about programs that are not below /usr, however they were installed: a value of
// COPPICE_SANDBOX_PATHS that a worker takes and with which they start inside.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../../domain/doctor/finding.ts';
import { Stack } from '../e2e/stack.ts';
import { byUnit } from '../e2e/scripts.ts';

/** A folder for homes, outside of those that mean something else inside; the home of whoever tests may be in one. */
function makeHomes(): string {
  const isHidden = (path: string): boolean => /^\/(tmp|var\/tmp|work)(\/|$)/.test(path);
  for (const parent of [join(homedir(), '.cache'), '/opt', '/srv', '/var/lib'].filter((path) => !isHidden(path))) {
    try {
      mkdirSync(parent, { recursive: true });
      return mkdtempSync(join(parent, 'coppice-test-'));
    } catch {
      continue;
    }
  }
  throw new Error(`needs a home that is not below /tmp, /var/tmp or /work, unlike ${homedir()}`);
}

describe('doctor, on a host whose programs come from', () => {
  let stack: Stack;
  let clone: string;
  let homes: string;

  beforeAll(async () => {
    homes = makeHomes();
    stack = await Stack.start({ reply: byUnit({}), files: { 'coppice.yaml': 'verify: tool --version\n' } });
    clone = join(stack.root, 'clone');
    stack.git('clone', '--quiet', stack.remote, clone);
  });
  afterAll(async () => {
    rmSync(homes, { recursive: true });
    await stack.close();
  });

  /** A home folder with these files: programs, scripts, or links (`-> target`). `~` is the home itself. */
  function makeHome(files: Readonly<Record<string, string>>): string {
    const home = mkdtempSync(join(homes, 'home-'));
    const inHome = (text: string) => text.replaceAll('~', home);
    for (const [path, content] of Object.entries(files)) {
      const file = join(home, path);
      mkdirSync(dirname(file), { recursive: true });
      if (content.startsWith('-> ')) symlinkSync(inHome(content.slice('-> '.length)), file);
      else writeFileSync(file, inHome(content), { mode: 0o755 });
    }
    return home;
  }

  async function lookFrom(home: string, path: string, paths = '') {
    const env = {
      HOME: home,
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      PATH: `${path.replaceAll('~', home)}:${process.env['PATH'] ?? ''}`,
      COPPICE_HOME: join(home, '.local/state/coppice'),
      COPPICE_SANDBOX_PATHS: paths,
    };
    const { stdout } = await stack.coppice(['doctor', '--json'], env, clone);
    const { checks } = JSON.parse(stdout) as { checks: readonly Check[] };
    const of = (name: string) => checks.find((check) => check.name === name);
    const advice = /COPPICE_SANDBOX_PATHS=(\S+),/.exec(of('toolchains')?.hint ?? '')?.[1];
    return { sandbox: of('sandbox'), toolchains: of('toolchains'), advice: advice?.replaceAll(home, '~') };
  }

  const real = '#!/bin/sh\necho 1.0\n';
  /** Starts the program that its home folder names, as launchers do; it answers `which` when called by its own name. */
  const launcher = (program: string, name: string) =>
    `#!/bin/sh\ncase "$0" in */${name}) echo "${program}";; *) exec "$HOME/no-default" "$@";; esac\n`;
  const manager = (program: string) => `#!/bin/sh\n[ "$2" = tool ] && echo "${program}"\n`;
  const shim = '#!/bin/sh\nexec "$HOME/of-a-manager/tool" "$@"\n';
  const python = { '.pyenv/versions/3.12/bin/python': '#!/bin/sh\nexec /bin/sh "$@"\n' };

  it.each<[string, string, Readonly<Record<string, string>>, string]>([
    ['uv, in ~/.local/bin', '~/.local/bin', { '.local/bin/tool': real }, '~/.local/bin'],
    [
      'Claude Code, linked from ~/.local/bin',
      '~/.local/bin',
      { '.local/bin/tool': '-> ~/.local/share/tool/versions/1', '.local/share/tool/versions/1': real },
      '~/.local/bin:~/.local/share/tool/versions',
    ],
    [
      'pipx, on a Python of pyenv',
      '~/.local/bin',
      {
        '.local/bin/tool': '-> ~/.local/share/pipx/venvs/tool/bin/tool',
        '.local/share/pipx/venvs/tool/bin/tool': '#!~/.local/share/pipx/venvs/tool/bin/python\necho 1.0\n',
        '.local/share/pipx/venvs/tool/bin/python': '-> ~/.pyenv/versions/3.12/bin/python',
        ...python,
      },
      '~/.local/bin:~/.local/share/pipx/venvs/tool:~/.pyenv/versions/3.12',
    ],
    [
      'pyenv',
      '~/.pyenv/shims:~/.pyenv/bin',
      {
        '.pyenv/shims/tool': shim,
        '.pyenv/bin/pyenv': manager('~/.pyenv/versions/3/bin/tool'),
        '.pyenv/versions/3/bin/tool': real,
      },
      '~/.pyenv/versions/3',
    ],
    [
      'asdf',
      '~/.asdf/shims:~/bin',
      {
        '.asdf/shims/tool': shim,
        'bin/asdf': manager('~/.asdf/installs/tool/2/bin/tool'),
        '.asdf/installs/tool/2/bin/tool': real,
      },
      '~/.asdf/installs/tool/2',
    ],
    [
      'mise',
      '~/.local/share/mise/shims:~/.local/bin',
      {
        '.local/share/mise/shims/tool': '-> ~/.local/bin/mise',
        '.local/bin/mise': manager('~/.local/share/mise/installs/tool/3/bin/tool'),
        '.local/share/mise/installs/tool/3/bin/tool': real,
      },
      '~/.local/share/mise/installs/tool/3',
    ],
    [
      'volta',
      '~/.volta/bin',
      {
        '.volta/bin/tool': '-> ~/.volta/bin/volta-shim',
        '.volta/bin/volta-shim': shim,
        '.volta/bin/volta': manager('~/.volta/tools/image/tool/4/bin/tool'),
        '.volta/tools/image/tool/4/bin/tool': real,
      },
      '~/.volta/tools/image/tool/4',
    ],
    [
      'rustup',
      '~/.cargo/bin',
      {
        '.cargo/bin/tool': '-> ~/.cargo/bin/rustup',
        '.cargo/bin/rustup': launcher('~/.rustup/toolchains/stable/bin/tool', 'rustup'),
        '.rustup/toolchains/stable/bin/tool': real,
      },
      '~/.rustup/toolchains/stable',
    ],
    ['cargo install', '~/.cargo/bin', { '.cargo/bin/tool': real, '.cargo/credentials.toml': '' }, '~/.cargo/bin'],
    [
      'npm, for a Node elsewhere',
      '~/.npm-global/bin:~/.nvm/versions/node/v5/bin',
      {
        '.npm-global/bin/tool': '-> ../lib/node_modules/tool/cli.js',
        '.npm-global/lib/node_modules/tool/cli.js': '#!/usr/bin/env my-node\n',
        '.nvm/versions/node/v5/bin/my-node': real,
      },
      '~/.npm-global:~/.nvm/versions/node/v5',
    ],
    ['nvm', '~/.nvm/versions/node/v5/bin', { '.nvm/versions/node/v5/bin/tool': real }, '~/.nvm/versions/node/v5'],
    [
      'fnm, through a link that goes with the login',
      '~/multishell/bin',
      { multishell: '-> ~/.local/share/fnm/v6/installation', '.local/share/fnm/v6/installation/bin/tool': real },
      '~/.local/share/fnm/v6/installation',
    ],
    [
      'sdkman',
      '~/.sdkman/candidates/tool/current/bin',
      { '.sdkman/candidates/tool/current': '-> 7', '.sdkman/candidates/tool/7/bin/tool': real },
      '~/.sdkman/candidates/tool/7',
    ],
    [
      'Homebrew',
      '~/linuxbrew/bin',
      { 'linuxbrew/bin/tool': '-> ../Cellar/tool/8/bin/tool', 'linuxbrew/Cellar/tool/8/bin/tool': real },
      '~/linuxbrew',
    ],
    ['bun', '~/.bun/bin', { '.bun/bin/tool': real }, '~/.bun'],
    ['deno', '~/.deno/bin', { '.deno/bin/tool': real }, '~/.deno'],
    ['Go', '~/go/bin', { 'go/bin/tool': real, 'go/src/mine': '' }, '~/go/bin'],
    ['the user', '~/bin', { 'bin/tool': real, '.ssh/id': '' }, '~/bin'],
  ])('%s, advises what a worker takes and what works', async (_, path, files, wanted) => {
    const home = makeHome({ ...files });
    const first = await lookFrom(home, path);
    expect([first.toolchains?.status, first.advice]).toEqual(['fail', wanted]);
    const { sandbox, toolchains } = await lookFrom(home, path, wanted.replaceAll('~', home));
    expect([sandbox?.status, toolchains?.status, toolchains?.detail]).toEqual([
      'ok',
      'ok',
      'found inside the sandbox: tool',
    ]);
  });

  it('a launcher that is shown, but not what it starts, finds that out, and what comes first', async () => {
    const home = makeHome({
      '.cargo/bin/tool': '-> ~/.cargo/bin/rustup',
      '.cargo/bin/rustup': launcher('~/.rustup/toolchains/stable/bin/tool', 'rustup'),
      '.rustup/toolchains/stable/bin/tool': real,
    });
    const { toolchains, advice } = await lookFrom(home, '~/.cargo/bin', `${home}/.cargo/bin`);
    expect(toolchains?.detail).toBe('inside the sandbox, tool only starts a program that is not there');
    expect(advice).toBe('~/.rustup/toolchains/stable:~/.cargo/bin');
    expect((await lookFrom(home, '~/.cargo/bin', advice?.replaceAll('~', home))).toolchains?.status).toBe('ok');
  });

  it.each([
    ['a virtual environment', '#!~/venv/bin/python\n', '~/venv/bin/python', '~/tools:~/venv:~/.pyenv/versions/3.12'],
    ['env', '#!/usr/bin/env -S interpreter -x\n', 'interpreter', '~/tools:~/more'],
  ])('a script of %s is found out if its interpreter is not shown', async (_, first, needed, wanted) => {
    const home = makeHome({
      'tools/bin/tool': first,
      'venv/bin/python': '-> ~/.pyenv/versions/3.12/bin/python',
      'more/bin/interpreter': real,
      ...python,
    });
    const { toolchains, advice } = await lookFrom(home, '~/tools/bin:~/more/bin', join(home, 'tools'));
    const named = needed.replaceAll('~', home);
    expect(toolchains?.detail).toBe(`inside the sandbox, tool needs ${named}, which is not there`);
    expect(advice).toBe(wanted);
    expect((await lookFrom(home, '~/tools/bin', wanted.replaceAll('~', home))).toolchains?.status).toBe('ok');
  });

  it('a snap, or a version manager that does not know, says what to do and nothing that a worker refuses', async () => {
    const snap = makeHome({ 'snap/bin/tool': '-> ~/usr/bin/snap', 'usr/bin/snap': shim });
    const shown = await lookFrom(snap, '~/snap/bin');
    expect(shown.toolchains?.hint).toMatch(/\/tool is a snap, .*install tool in another way on every host\.$/);
    const lost = makeHome({ '.rbenv/shims/tool': shim });
    expect((await lookFrom(lost, '~/.rbenv/shims')).toolchains?.hint).toMatch(/`rbenv which tool` does not say where/);
    const bare = makeHome({ tool: '#!/usr/bin/env tool\n' });
    const { hint } = (await lookFrom(bare, '~')).toolchains ?? {};
    expect(hint).toBe(`${bare}/tool is in ${bare}, which no sandbox may show: install it in a folder of its own.`);
  });

  it.each([
    [
      '~/.local',
      /would show COPPICE_HOME \(.*\); name the folders in it that hold the programs, such as .*\.local\/bin$/,
    ],
    ['~', /would show COPPICE_HOME/],
    ['~/nowhere', /is not a folder of this host$/],
    [' ~/.local/bin, ~/nowhere', /names \S+nowhere, which is not a folder of this host$/],
    ['/usr/nowhere', /is not a folder of this host$/],
    ['/tmp', /is more than a toolchain; name the folders in it/],
  ])('such a place, and a setting %s, which a worker refuses, refuses it too', async (paths, why) => {
    const home = makeHome({ '.local/bin/tool': real });
    const { sandbox, toolchains } = await lookFrom(home, '~/.local/bin', paths.replaceAll('~', home));
    expect(sandbox).toMatchObject({ status: 'fail', detail: expect.stringMatching(why) });
    expect(`${sandbox?.hint} ${toolchains?.hint}`).not.toContain('COPPICE_SANDBOX=none');
    const env = {
      HOME: home,
      COPPICE_HOME: join(home, '.local/state/coppice'),
      COPPICE_SANDBOX_PATHS: paths.replaceAll('~', home),
    };
    const worker = await stack.coppice(['worker', '--role', 'host'], env);
    expect([worker.code, worker.stderr]).toEqual([2, expect.stringContaining(sandbox?.detail ?? '?')]);
  });
});
