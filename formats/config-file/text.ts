// Writes a first coppice.yaml: the few keys that a repository needs, each with a line that says what it is for.
// config-file.ts reads the result.

import { compilesInside } from '../setup/compile-steps.ts';
import { stringify } from 'yaml';

export interface FirstConfig {
  /** Null = the branch that the remote's HEAD names. */
  readonly branch: string | null;
  readonly setup: { readonly run: string; readonly network: boolean } | null;
  readonly verify: readonly { readonly run: string; readonly name: string }[];
  /** Variables of all commands; empty = none. */
  readonly env: Readonly<Record<string, string>>;
  /** Lock files with the commands that make them again; empty = none. */
  readonly regenerate: readonly { readonly path: string; readonly run: string }[];
  /** Where editors find the JSON Schema; null = no place is right for everybody who has the repository. */
  readonly schema: string | null;
}

export function writeConfig(config: FirstConfig): string {
  const sections = [
    ...[head(config), branchSection(config), envSection(config), setupSection(config)],
    ...[verifySection(config), queueSection(config), policySection],
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function head({ schema }: FirstConfig): string {
  return [
    ...(schema === null ? [] : [`# yaml-language-server: $schema=${schema}`]),
    '# How Coppice works on this repository. A run takes this file from the tip of the target branch, so it counts',
    '# once it is pushed there. Every key that is not here has a default.',
    'version: 1',
  ].join('\n');
}

function branchSection({ branch }: FirstConfig): string {
  return branch === null
    ? '# The branch that work lands on; without it the one that the remote’s HEAD names.\n# branch: main'
    : `# The branch that work lands on.\n${yaml({ branch })}`;
}

function envSection({ env }: FirstConfig): string {
  if (Object.keys(env).length === 0) return '';
  return [
    '# Variables of every command: the setup, the agents’ own, and `verify`. Only the worktree ($WORKTREE) outlives a',
    '# command, so downloads and caches are kept there: each worktree starts with a copy of what the setup put into them.',
    yaml({ env }),
  ].join('\n');
}

function setupSection({ setup }: FirstConfig): string {
  if (setup === null) {
    return [
      '# Prepares every new worktree, for an agent or a verification, where something must be installed or generated:',
      '# setup: { run: npm ci, network: true }',
    ].join('\n');
  }
  const { run, network } = setup;
  const compiles = compilesInside(run);
  return [
    '# Runs once in every new worktree, before an agent works there and before a verification.',
    ...(setup.network ? ['# Installing needs the network: `network: true`. Agents and verifications have none.'] : []),
    ...(compiles
      ? ['# It also compiles, so that no session and no verification compiles the dependencies again.']
      : []),
    yaml({ setup: setup.network || compiles ? { run, network, ...(compiles ? { timeout: '1h' } : {}) } : run }),
  ].join('\n');
}

function verifySection({ verify }: FirstConfig): string {
  const why = [
    '# What must pass before anything lands: first where the agent works, then in a clean worktree of exactly the',
    '# commit that would land. Exit code 0 is good; there is no network.',
  ];
  if (verify.length === 0) {
    return [
      ...why,
      '# WITHOUT IT NOTHING IS VERIFIED: fill in what tests this project, and remove the #.',
      '# verify: make test',
    ].join('\n');
  }
  const items = verify.map(({ run, name }) => (name === run ? run : { name, run }));
  return [...why, yaml({ verify: items.length === 1 && typeof items[0] === 'string' ? items[0] : items })].join('\n');
}

function queueSection({ regenerate }: FirstConfig): string {
  if (regenerate.length === 0) return '';
  const rules = regenerate.map(({ path, run }) => ({ paths: [literalGlob(path)], run, network: true }));
  return [
    '# Lock files are not merged: where two changes meet in one, it is taken from the target branch and made again. The',
    '# command finds manifests and lock files only, and needs the network to resolve what is new.',
    yaml({ queue: { regenerate: rules } }),
  ].join('\n');
}

/** A glob that means this path, whatever other files there are. */
function literalGlob(path: string): string {
  return path.replaceAll(/^!|[*?[\]{}\\]/g, String.raw`\$&`);
}

const policySection = `# What only lands when a person agrees, by a Slack button or \`coppice approve\`:
# policy:
#   - { action: merge, paths: [src/payments/**], decide: ask }`;

function yaml(value: object): string {
  return stringify(value, { lineWidth: 0 }).replace(/\n$/, '');
}
