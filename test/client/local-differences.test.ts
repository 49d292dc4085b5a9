// What `run` and `doctor` say about a clone that differs from the target, and about one that does not.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { inspectTarget } from '../../git/inspect-target.ts';
import { localDifferences } from '../../client/start/local-differences.ts';
import { type Remote, cleanUp, git, makeRemote, temporaryFolder } from '../git/make-repository.ts';

afterAll(() => {
  vi.unstubAllEnvs();
  cleanUp();
});

let remote: Remote;
let clone: string;
beforeEach(() => {
  vi.stubEnv('HOME', temporaryFolder());
  remote = makeRemote({ 'readme.txt': 'hello\n', 'coppice.yaml': 'version: 1\n', 'src/a': '1\n' });
  clone = join(temporaryFolder(), 'clone');
  git('/', 'clone', '-q', remote.url, clone);
});

async function differences(folder = clone, except: string[] = []): Promise<string[]> {
  const at = { url: remote.url, credentials: null };
  return localDifferences({ folder, except }, at, await inspectTarget(at, 'main'));
}

function commit(folder: string, name: string, text = name): void {
  writeFileSync(join(folder, name), text);
  git(folder, 'add', '-A');
  git(folder, 'commit', '-qm', `Add ${name}`);
}

describe('a clone of the target', () => {
  it('that has nothing of its own is not spoken of, also when it is behind or has pushed elsewhere', async () => {
    expect(await differences()).toEqual([]);
    remote.push({ later: '1' });
    expect(await differences()).toEqual([]);
    // What the clone remembers of the remote is old: the commit went another way.
    git(clone, 'pull', '-q');
    commit(clone, 'sent');
    git(clone, 'push', '-q', remote.url, 'HEAD:refs/heads/main');
    git(clone, 'update-ref', 'refs/remotes/origin/main', 'HEAD~1');
    remote.push({ 'even-later': '1' });
    expect(await differences()).toEqual([]);
  });

  it('that has a commit and a changed file says both', async () => {
    commit(clone, 'helper');
    writeFileSync(join(clone, 'readme.txt'), 'dirty\n');
    expect(await differences()).toEqual([
      expect.stringMatching(
        /^1 commit here is not on the remote’s main \("Add helper"\), and 1 changed file here is not committed: .*push it/,
      ),
    ]);
  });

  it('that is behind and ahead has what is its own counted, and stays as it is', async () => {
    for (const name of ['b', 'c']) commit(clone, name);
    remote.push({ later: '1' });
    const state = () => [
      git(clone, 'for-each-ref'),
      git(clone, 'count-objects', '-v'),
      readdirSync(join(clone, '.git')),
    ];
    const before = state();
    expect(await differences()).toEqual([expect.stringMatching(/^2 commits here are not on .*the latest: "Add c"/)]);
    expect(state()).toEqual(before);
  });

  it('is looked at from a folder in it, from a linked worktree, and when it is shallow', async () => {
    commit(clone, 'b');
    expect(await differences(join(clone, 'src'))).toHaveLength(1);
    const linked = join(temporaryFolder(), 'linked');
    git(clone, 'worktree', 'add', '-q', '-b', 'mine', linked, 'origin/main');
    expect(await differences(linked)).toEqual([]);
    writeFileSync(join(linked, 'src/a'), '2\n');
    expect(await differences(linked)).toEqual([expect.stringMatching(/^1 changed file/)]);
    const shallow = join(temporaryFolder(), 'shallow');
    remote.push({ later: '1' });
    git('/', 'clone', '-q', '--depth=1', `file://${remote.url}`, shallow);
    git(shallow, 'remote', 'set-url', 'origin', remote.url);
    commit(shallow, 'own');
    expect(await differences(shallow)).toEqual([expect.stringMatching(/^1 commit/)]);
    remote.push({ 'even-later': '1' });
    expect(await differences(shallow)).toEqual([expect.stringMatching(/^1 commit/)]);
  });

  it('has new files counted, but for the plan and what the person ignores everywhere', async () => {
    writeFileSync(join(clone, 'plan.yaml'), 'version: 1\n');
    writeFileSync(join(clone, '.DS_Store'), '');
    mkdirSync(join(process.env['HOME'] ?? '', '.config', 'git'), { recursive: true });
    writeFileSync(join(process.env['HOME'] ?? '', '.config', 'git', 'ignore'), '.DS_Store\n');
    vi.stubEnv('XDG_CONFIG_HOME', '');
    expect(await differences(clone, [join(clone, 'plan.yaml')])).toEqual([]);
    expect(await differences(clone)).toEqual([expect.stringMatching(/^1 changed file here is not committed/)]);
  });

  it('that has another coppice.yaml says which one counts', async () => {
    writeFileSync(join(clone, 'coppice.yaml'), 'version: 1\nverify: "true"\n');
    expect(await differences()).toEqual([
      expect.stringMatching(/coppice.yaml here differs from .* main, which is used/),
    ]);
    remote.push({ 'coppice.yaml': null });
    expect(await differences()).toEqual([expect.stringMatching(/coppice.yaml here is not on the remote’s main/)]);
  });

  it('runs nothing that its configuration names', async () => {
    const marker = join(temporaryFolder(), 'ran');
    const program = join(temporaryFolder(), 'program');
    writeFileSync(program, `#!/bin/sh\ntouch ${marker}\ncat\n`, { mode: 0o755 });
    const library = makeRemote();
    git(clone, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library.url, 'library');
    commit(clone, '.gitattributes', '* filter=mine\n');
    for (const config of ['config', 'modules/library/config']) {
      const set = (name: string, value: string) => git('/', 'config', '-f', join(clone, '.git', config), name, value);
      for (const name of ['core.fsmonitor', 'filter.mine.clean', 'filter.mine.process', 'gpg.program', 'core.pager'])
        set(name, program);
      set('filter.mine.required', 'true');
      set('log.showSignature', 'true');
      set('core.hooksPath', join(program, '..'));
    }
    writeFileSync(join(program, '..', 'post-index-change'), `#!/bin/sh\ntouch ${marker}\n`, { mode: 0o755 });
    writeFileSync(join(clone, 'readme.txt'), 'HELLO\n');
    writeFileSync(join(clone, 'library', 'README.md'), 'HELLO\n');
    expect(await differences()).toEqual([expect.stringMatching(/^1 commit .* 1 changed file/)]);
    expect(existsSync(marker)).toBe(false);
    // And would, for somebody who asks git as people do.
    spawnSync('git', ['-C', clone, 'status'], { stdio: 'ignore' });
    expect(existsSync(marker)).toBe(true);
  });
});

describe('of a folder', () => {
  it('that is in no clone of the target nothing is said', async () => {
    commit(clone, 'b');
    git(clone, 'remote', 'set-url', 'origin', 'https://example.org/other.git');
    expect(await differences()).toEqual([]);
    git(clone, 'remote', 'remove', 'origin');
    expect(await differences()).toEqual([]);
    expect(await differences(temporaryFolder())).toEqual([]);
    expect(await differences(remote.url)).toEqual([]);
  });

  it('whose clone has no commit yet, files count', async () => {
    const fresh = temporaryFolder();
    git(fresh, 'init', '-q');
    git(fresh, 'remote', 'add', 'origin', remote.url);
    writeFileSync(join(fresh, 'a'), '1');
    expect(await differences(fresh)).toEqual([expect.stringMatching(/^1 changed file/)]);
  });
});
