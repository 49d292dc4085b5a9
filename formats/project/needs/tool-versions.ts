// The tools whose versions a repository pins in files, as the programs that they are.

import type { ProjectFiles } from '../folder.ts';

export interface PinnedTool {
  readonly program: string;
  /** The file that pins it. */
  readonly from: string;
}

const singles: Readonly<Record<string, string>> = {
  '.nvmrc': 'node',
  '.node-version': 'node',
  '.python-version': 'python3',
  '.ruby-version': 'ruby',
  '.go-version': 'go',
  '.java-version': 'java',
  'rust-toolchain': 'cargo',
  'rust-toolchain.toml': 'cargo',
};

/** Plugins of asdf and mise whose program is named otherwise. */
const renamed: Readonly<Record<string, string>> = {
  nodejs: 'node',
  python: 'python3',
  golang: 'go',
  rust: 'cargo',
  erlang: 'erl',
  maven: 'mvn',
  awscli: 'aws',
};
/** Those whose program is named as they are. */
const same = [
  'node',
  'ruby',
  'go',
  'java',
  'elixir',
  'deno',
  'bun',
  'gradle',
  'poetry',
  'uv',
  'pnpm',
  'yarn',
  'zig',
  'just',
];

/** From the files at the top of the repository; tools that are not known are left out. */
export function pinnedTools({ paths, texts }: ProjectFiles): PinnedTool[] {
  const fromFiles = paths.flatMap((path) => {
    const program = singles[path];
    return program === undefined ? [] : [{ program, from: path }];
  });
  const fromList = (texts['.tool-versions'] ?? '').split('\n').flatMap((line) => {
    const [name = ''] = line.trim().split(/\s+/);
    const program = renamed[name] ?? (same.includes(name) ? name : null);
    return program === null ? [] : [{ program, from: '.tool-versions' }];
  });
  const all = [...fromFiles, ...fromList];
  return all.filter(({ program }, i) => all.findIndex((each) => each.program === program) === i);
}
