// Reads a setup command as steps: known installs of package managers, small steps around them, and the rest. The rest
// begins at the first step that is not understood exactly.

import { compilesOwn, managerOfStep, oneLine } from './compile-steps.ts';

export type Manager =
  | 'npm'
  | 'pnpm'
  | 'yarn'
  | 'bun'
  | 'go'
  | 'cargo'
  | 'maven'
  | 'uv'
  | 'poetry'
  | 'pip'
  | 'composer'
  | 'bundler';

export interface Install {
  readonly manager: Manager;
  /** The install itself, or the step that compiles what was installed; with single spaces. */
  readonly command: string;
}

export interface SetupSteps {
  /** The installs at the start of the command; empty = it starts with something else. */
  readonly installs: readonly Install[];
  /** The part of the command that performs them. */
  readonly head: string;
  /** The remaining command, preceded by the folder and the variables that the head has set; null = nothing remains. */
  readonly rest: string | null;
}

/** A path below the worktree, without `..`. */
const path = String.raw`(?!\.\.)[\w@-][\w.@-]*(?:\/(?!\.\.)[\w.@-]+)*|\.\w[\w.@-]*(?:\/(?!\.\.)[\w.@-]+)*`;
/** Only `-r` may have a value that names a file. */
const flag = String.raw` --?[a-z][a-z0-9-]*(?:=(?:true|false|dev|optional|peer|skip-build|\d+|https?:\/\/[\w.:/@-]+))?`;
const flags = String.raw`(?: --(?:extra|group|with|without|only)[ =][\w,-]+|${flag})*`;
const variables = [
  ...['GOMODCACHE', 'CARGO_HOME', 'BUNDLE_PATH', 'BUNDLE_FROZEN', 'YARN_ENABLE_GLOBAL_CACHE', 'UV_CACHE_DIR'],
  ...['POETRY_VIRTUALENVS_IN_PROJECT', 'XDG_CACHE_HOME', 'COMPOSER_HOME', 'PIP_CACHE_DIR', 'CI'],
].join('|');
const assignment = String.raw`(?:${variables})=(?:"?\$PWD\/(?:${path})"?|${path}|"(?:${path})"|'(?:${path})'|true|false|1|0)`;
const python = String.raw`python(?:3(?:\.\d+)?)?`;

const installs: Readonly<Record<Manager, readonly string[]>> = {
  npm: [String.raw`npm (?:ci|install|i|clean-install)${flags}`],
  pnpm: [String.raw`pnpm (?:install|i)${flags}`],
  yarn: [String.raw`yarn(?: install)?${flags}`],
  bun: [String.raw`bun (?:install|i)${flags}`],
  go: [String.raw`go mod download${flags}`],
  cargo: [String.raw`cargo fetch${flags}`],
  // Only as a step of its own (compile-steps.ts).
  maven: [],
  uv: [String.raw`uv sync${flags}`],
  poetry: [String.raw`poetry install${flags}`],
  pip: [String.raw`\.venv\/bin\/(?:pip|python -m pip) install(?=.* -r )(?: -[rc] (?:${path})|${flag})*`],
  composer: [String.raw`composer install${flags}`],
  bundler: [String.raw`bundle install${flags}`],
};

/** Steps that installs need around them; none of them writes anything that is verified. */
const around = [
  String.raw`mkdir -p (?:\.deps|target)`,
  String.raw`echo '\*' > (?:\.deps|\.venv|target)\/\.gitignore`,
  'corepack enable(?: (?:npm|pnpm|yarn))?',
  String.raw`(?:${python}|uv) (?:-m )?venv \.venv`,
];
/** Steps that affect everything after them in the same shell. */
const lasting = [String.raw`cd (?:${path})`, `export ${assignment}`, 'set -[eux]+'];

export function readSetup(command: string): SetupSteps {
  const found: Install[] = [];
  const state: string[] = [];
  let at = 0;
  for (;;) {
    const step = nextStep(command, at);
    if (step === null) return { installs: found, head: command.trim(), rest: null };
    const known = readStep(step.text);
    if (known === null) {
      const head = command.slice(0, at).trim().replace(/&&$/, '').trim();
      return { installs: found, head, rest: [...state, command.slice(at).trim()].join('\n') };
    }
    found.push(...known);
    if (isOneOf(step.text, lasting)) state.push(step.text);
    at = step.end;
  }
}

/** The installs of one step; null = an unknown step. */
function readStep(text: string): readonly Install[] | null {
  const ofStep = managerOfStep(text);
  if (ofStep !== null) return [{ manager: ofStep, command: text }];
  const group = groupOf(text);
  if (group !== undefined) {
    const { installs: inner, rest } = readSetup(group);
    return rest === null ? inner : null;
  }
  if (isOneOf(text, around) || isOneOf(text, lasting)) return [];
  const bare = text.replace(new RegExp(`^(?:(?:${assignment}) )+`), '');
  for (const [manager, forms] of Object.entries(installs) as [Manager, readonly string[]][]) {
    if (isOneOf(bare, forms)) return [{ manager, command: bare }];
  }
  return null;
}

/** Whether a command does nothing but compile the repository's own sources, with tools that notice what has changed. */
export function isCompileOnly(command: string): boolean {
  for (let at = 0; ;) {
    const step = nextStep(command, at);
    if (step === null) return true;
    const { text } = step;
    const group = groupOf(text);
    if (!compilesOwn(text) && !isOneOf(text, lasting) && (group === undefined || !isCompileOnly(group))) return false;
    at = step.end;
  }
}

/** What stands in the parentheses around a step. */
function groupOf(step: string): string | undefined {
  return /^\(([^]*)\)$/.exec(step)?.[1];
}

function isOneOf(text: string, forms: readonly string[]): boolean {
  return forms.some((form) => new RegExp(`^(?:${form})$`).test(text));
}

/** From `at` to the next `&&` or line end outside quotes and parentheses; null = nothing is left. */
function nextStep(command: string, at: number): { readonly text: string; readonly end: number } | null {
  const start = at + (/^\s*/.exec(command.slice(at))?.[0].length ?? 0);
  if (start >= command.length) return null;
  let depth = 0;
  let quote = '';
  let end = start;
  for (; end < command.length; end++) {
    const char = command[end] ?? '';
    if (quote !== '') {
      if (char === quote) quote = '';
      continue;
    }
    if (char === '"' || char === "'") quote = char;
    else if (char === '(') depth += 1;
    else if (char === ')') depth -= 1;
    else if (depth === 0 && (char === '\n' || command.startsWith('&&', end))) break;
  }
  const text = oneLine(command.slice(start, end));
  const after = command.startsWith('&&', end) ? end + 2 : end + 1;
  return { text, end: Math.min(after, command.length) };
}
