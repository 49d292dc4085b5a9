// What a repository needs that a sandbox does not give it by itself: found where a command surely meets it, and not
// found where it only might.

import { describe, expect, it } from 'vitest';
import type { ProjectCommands } from '../../formats/project/needs/need.ts';
import { needsOf } from '../../formats/project/needs/needs.ts';
import { pinnedTools } from '../../formats/project/needs/tool-versions.ts';
import { showsNeeds } from '../../formats/project/needs/read.ts';

type Texts = Readonly<Record<string, string>>;

function needs(verify: string, texts: Texts, more: Partial<ProjectCommands> = {}): string[] {
  const commands = { setup: null, verify: [{ run: verify }], memoryMb: 4096, ...more };
  return needsOf({ paths: Object.keys(texts), texts }, commands).map(({ what, hint }) => `${what} → ${hint}`);
}

const npm = (test: string, more: Readonly<Record<string, string>> = {}): Texts => ({
  'package.json': JSON.stringify({ scripts: { test, ...more } }),
});
const cmake = 'cmake -S . -B /tmp/build && cmake --build /tmp/build';

describe('a sanitizer', () => {
  it.each<[string, string, Texts, string]>([
    ['CMake', cmake, { 'CMakeLists.txt': 'add_compile_options(-fsanitize=address,undefined)\n' }, 'CMakeLists.txt'],
    ['CMake, below', cmake, { 'src/CMakeLists.txt': 'add_compile_options(-fsanitize=thread)' }, 'src/CMakeLists.txt'],
    ['an option that verification switches on', `cmake -DENABLE_ASAN=ON .`, {}, 'verify'],
    ['Make', 'make check', { Makefile: 'CFLAGS += -g -fsanitize=address\ncheck:\n\ttrue\n' }, 'Makefile'],
    ['a recipe', 'make asan', { Makefile: 'all:\n\tcc x.c\nasan: x.c\n\tcc -fsanitize=address x.c\n' }, 'Makefile'],
    [
      'Cargo',
      'cargo test',
      { '.cargo/config.toml': '[build]\nrustflags = ["-Zsanitizer=address"]\n' },
      '.cargo/config.toml',
    ],
    [
      'Meson',
      'meson test',
      { 'meson.build': "project('a', 'c', default_options: ['b_sanitize=address'])" },
      'meson.build',
    ],
    ['a script', './ci/test', { 'ci/test': '#!/bin/bash\nRUSTFLAGS=-Zsanitizer=address cargo test\n' }, 'ci/test'],
    ['Go’s race detector', 'npm test', npm('go test -race ./...'), 'package.json'],
  ])('of %s is found', (_, verify, texts, from) => {
    expect(needs(verify, texts)).toEqual([
      `${from} turns on a sanitizer, which reserves more memory than the 4096 MiB that a process may map → Set \`sandbox: { memoryMb: null }\` in coppice.yaml.`,
    ]);
    expect(needs(verify, texts, { memoryMb: null })).toEqual([]);
  });

  it.each<[string, string, Texts]>([
    [
      'behind an option',
      cmake,
      { 'CMakeLists.txt': 'option(ASAN OFF)\nif(ASAN)\n  add_compile_options(-fsanitize=address)\nendif()\n' },
    ],
    [
      'in a function',
      cmake,
      {
        'CMakeLists.txt': 'function(asan t)\n target_compile_options(${t} PRIVATE -fsanitize=address)\nendfunction()\n',
      },
    ],
    [
      'in a generator expression',
      cmake,
      { 'CMakeLists.txt': 'add_compile_options($<$<CONFIG:Asan>:-fsanitize=address>)' },
    ],
    ['in a comment', cmake, { 'CMakeLists.txt': '# -fsanitize=address finds more\n' }],
    ['of undefined behaviour', cmake, { 'CMakeLists.txt': 'add_compile_options(-fsanitize=undefined)' }],
    [
      'in a build that nothing starts',
      'npm test',
      { 'CMakeLists.txt': 'add_compile_options(-fsanitize=address)', ...npm('node --test') },
    ],
    [
      'for another target',
      'make check',
      { Makefile: 'asan: CFLAGS += -fsanitize=address\ncheck:\n\ttrue\nasan:\n\tcc -fsanitize=address x.c\n' },
    ],
    ['behind ifdef', 'make check', { Makefile: 'ifdef ASAN\nCFLAGS += -fsanitize=address\nendif\ncheck:\n\ttrue\n' }],
    ['switched off', 'cmake -DENABLE_ASAN=OFF .', {}],
  ])('%s is no need', (_, verify, texts) => {
    expect(needs(verify, texts)).toEqual([]);
  });
});

describe('a command of git', () => {
  it.each<[string, string, Texts, string, string]>([
    ['in verify', 'git fetch origin main && npm test', npm('true'), 'verify', 'fetch'],
    [
      'in a script',
      'bash scripts/check.sh',
      { 'scripts/check.sh': 'set -e\ngit -C . fetch --tags\n' },
      'scripts/check.sh',
      'fetch',
    ],
    ['before a script', 'npm test', npm('true', { pretest: 'git pull' }), 'package.json', 'pull'],
    [
      'in a recipe that another needs',
      'make test',
      { Makefile: 'test: fresh\n\ttrue\nfresh:\n\t@git fetch\n' },
      'Makefile',
      'fetch',
    ],
    [
      'two steps away',
      'npm test',
      { ...npm('./run.sh'), 'run.sh': 'x=1 ./next.sh', 'next.sh': 'true; git push' },
      'next.sh',
      'push',
    ],
    [
      'in a folder',
      'cd web && npm test',
      { 'web/package.json': '{"scripts":{"test":"git fetch"}}' },
      'web/package.json',
      'fetch',
    ],
  ])('%s that needs a remote is found', (_, verify, texts, ...[from, command]) => {
    expect(needs(verify, texts)).toEqual([
      expect.stringMatching(`^${from} runs \`git ${command}\`, which fails in a sandbox: there is no network → Leave `),
    ]);
  });

  it.each(['gc --auto', 'repack -ad'])('such as %s is found in a setup, which may have the network', (command) => {
    const setup = { run: `git fetch && git ${command}`, network: true };
    expect(needs('true', {}, { setup })).toEqual([
      expect.stringMatching(/^setup runs `git \w+`, .*packs are the host’s/),
    ]);
    expect(needs('true', {}, { setup: { run: 'git fetch', network: false } })).toHaveLength(1);
  });

  it.each<[string, string, Texts]>([
    ['that may fail', 'git fetch || true', {}],
    ['under a condition', 'sh a.sh', { 'a.sh': 'if [ -n "$X" ]; then\n  git fetch\nfi\n' }],
    ['in a function', 'sh a.sh', { 'a.sh': 'update() {\n  git pull\n}\ntrue\n' }],
    ['in a repository of its own', 'sh a.sh', { 'a.sh': 'git init x && cd x\ngit push\n' }],
    ['in a comment', 'sh a.sh', { 'a.sh': '# git fetch\ntrue\n' }],
    ['in a script that nothing calls', 'true', { 'release.sh': 'git push' }],
    ['in a text', 'echo "run git fetch first"', {}],
    ['that needs no remote', 'git diff --exit-code && git status', {}],
    ['of a script that an install does not run', 'npm ci', npm('git fetch', { ci: 'git push' })],
  ])('%s is no need', (_, verify, texts) => {
    expect(needs(verify, texts)).toEqual([]);
  });
});

describe('Docker', () => {
  it.each<[string, Texts, RegExp]>([
    ['docker compose up -d && npm test', {}, /^verify runs `docker compose`, and no sandbox has Docker/],
    ['./test.sh', { 'test.sh': 'docker-compose up -d\n' }, /^test.sh runs `docker-compose`/],
    [
      'npm test',
      { 'package.json': '{"scripts":{"test":"vitest"},"devDependencies":{"@testcontainers/redis":"1"}}' },
      /^package.json depends on Testcontainers/,
    ],
    [
      'go test ./...',
      { 'go.mod': 'require (\n\tgithub.com/testcontainers/testcontainers-go v0.3\n)\n' },
      /^go.mod depends/,
    ],
    ['mvn verify', { 'pom.xml': '<groupId>org.testcontainers</groupId>' }, /^pom.xml depends/],
    [
      'gradle check',
      { 'build.gradle.kts': 'testImplementation("org.testcontainers:junit:1")' },
      /^build.gradle.kts depends/,
    ],
    ['pytest', { 'requirements-dev.txt': 'testcontainers[redis]>=4\n' }, /^requirements-dev.txt depends/],
    ['pytest', { 'pyproject.toml': 'dev = [\n "testcontainers>=4",\n]\n' }, /^pyproject.toml depends/],
    ['cargo test', { 'Cargo.toml': '[dev-dependencies]\ntestcontainers = "0.2"\n' }, /^Cargo.toml depends/],
  ])('that %s needs is found', (verify, texts, found) => {
    expect(needs(verify, texts)).toEqual([expect.stringMatching(found)]);
  });

  it.each<[string, Texts]>([
    ['if command -v docker; then docker run x; fi', {}],
    ['docker run x || true', {}],
    ['npm test', npm('node --test', { image: 'docker build .' })],
    ['go test ./...', { 'go.mod': 'require github.com/testcontainers/testcontainers-go v0.3 // indirect\n' }],
    ['echo docker run', {}],
    ['mvn verify', { 'pom.xml': '<!-- <groupId>org.testcontainers</groupId> -->' }],
  ])('that %s does not need is no need', (verify, texts) => {
    expect(needs(verify, texts)).toEqual([]);
  });
});

it('each thing is said once', () => {
  const texts = { 'a.sh': 'git fetch\ngit fetch\n' };
  expect(needs('sh a.sh && sh ./a.sh', texts)).toHaveLength(1);
});

it('tools whose versions a repository pins are programs, each once', () => {
  const texts = { '.tool-versions': 'nodejs 20.1.0\npython 3.12\n# rust 1\nunknown-tool 1\n' };
  const paths = ['.tool-versions', '.nvmrc', 'rust-toolchain.toml', 'docs/.ruby-version'];
  expect(pinnedTools({ paths, texts })).toEqual([
    { program: 'node', from: '.nvmrc' },
    { program: 'cargo', from: 'rust-toolchain.toml' },
    { program: 'python3', from: '.tool-versions' },
  ]);
});

it('the files that show needs are read, and other people’s are not', () => {
  const read = ['ci/test', 'scripts/a.sh', 'src/CMakeLists.txt', 'Makefile', '.cargo/config.toml', 'run', 'a/b/c.sh'];
  expect(read.filter((path) => !showsNeeds(path))).toEqual([]);
  const other = ['node_modules/a/x.sh', 'vendor/Makefile', 'src/main.c', 'a/b/c/d/e.sh', 'docs/page.md'];
  expect(other.filter(showsNeeds)).toEqual([]);
});

describe('content from other servers', () => {
  it.each<[string, Texts, RegExp]>([
    [
      'Git LFS',
      { '.gitattributes': '*.txt text\n*.png filter=lfs diff=lfs\n*.psd filter=lfs\n' },
      /^\.gitattributes keeps files in Git LFS → Install git-lfs/,
    ],
    ['Git LFS below', { 'art/.gitattributes': '* filter=lfs\n' }, /^art\/\.gitattributes keeps files in Git LFS/],
    [
      'another filter',
      { '.gitattributes': 'secret/** filter=git-crypt diff=git-crypt' },
      /filter=git-crypt, which no host runs/,
    ],
    [
      'a submodule by git://',
      { '.gitmodules': '[submodule "x"]\n\tpath = x\n\turl = git://h/x.git\n' },
      /git:\/\/ is not accepted.*`worktree\.submodules`/,
    ],
    [
      'a submodule by http://',
      { '.gitmodules': '[submodule "x"]\n\turl = "http://h/x.git"\n\tpath = x\n' },
      /http:\/\/ is not accepted/,
    ],
  ])('of %s is named', (_, texts, said) => {
    expect(needs('true', texts)).toEqual([expect.stringMatching(said)]);
  });

  it.each<[string, Texts]>([
    ['attributes without a filter', { '.gitattributes': '# filter=lfs\n*.txt text eol=lf\nx -filter\n' }],
    [
      'submodules that hosts fetch',
      {
        '.gitmodules':
          '[submodule "x"]\n\turl = ../x.git\n[submodule "y"]\n\turl = git@h:t/y.git\n[submodule "z"]\n\turl = https://h/z\n',
      },
    ],
  ])('is not named for %s', (_, texts) => {
    expect(needs('true', texts)).toEqual([]);
  });
});
