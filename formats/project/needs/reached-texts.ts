// What setup and verification run, as far as it can be read: their commands, scripts of package.json, recipes of
// Makefiles, and shell scripts of the repository.

import type { Folder, ProjectFiles } from '../folder.ts';
import { folderOf } from '../folder.ts';
import { recordOf } from '../../values.ts';

export interface ReachedText {
  /** Where it stands: `setup`, `verify`, or a file of the repository. */
  readonly from: string;
  readonly stage: 'setup' | 'verify';
  /** Shell text, without comments. */
  readonly text: string;
}

/** How far calls are followed. */
const maxSteps = 6;

export function reachedTexts(files: ProjectFiles, setup: string | null, verify: readonly string[]): ReachedText[] {
  const starts = [
    ...(setup === null ? [] : [{ from: 'setup', stage: 'setup', text: setup } as const]),
    ...verify.map((text) => ({ from: 'verify', stage: 'verify', text }) as const),
  ];
  const reached: ReachedText[] = [];
  const seen = new Set<string>();
  let next: ReachedText[] = starts;
  for (let step = 0; step < maxSteps && next.length > 0; step++) {
    const fresh = next
      .map((each) => ({ ...each, text: withoutComments(each.text) }))
      .filter(({ stage, from, text }) => {
        const key = `${stage} ${from} ${text}`;
        return !seen.has(key) && seen.add(key);
      });
    reached.push(...fresh);
    next = fresh.flatMap((each) => calledBy(files, each));
  }
  return reached;
}

function calledBy(files: ProjectFiles, { text, stage }: ReachedText): ReachedText[] {
  return text.split('\n').flatMap((line) => {
    const [, folder = ''] = /^\s*\(?\s*cd\s+([\w./-]+)\s*&&/.exec(line) ?? [];
    const here = folderOf(files, folder.replace(/^\.\//, '').replace(/\/$/, ''));
    const called = [...scriptsCalled(here, line), ...recipesCalled(here, line), ...filesCalled(here, line)];
    return called.map(({ from, text: its }) => ({
      from: here.path === '' ? from : `${here.path}/${from}`,
      text: its,
      stage,
    }));
  });
}

type Called = Omit<ReachedText, 'stage'>;

const installWords = ['ci', 'install', 'i', 'add'];
const installScripts = ['preinstall', 'install', 'postinstall', 'prepare'];

/** `npm test`, `pnpm run build`, `yarn lint`, with what runs before and after them; and what an install runs. */
function scriptsCalled(folder: Folder, line: string): Called[] {
  const scripts = recordOf(parsed(folder.text('package.json'))['scripts']);
  const calls = line.matchAll(/\b(npm|pnpm|yarn|bun)((?:\s+(?:run|--?[\w=-]+))*)\s+([\w:.-]+)/g);
  return [...calls]
    .flatMap(([, manager = '', words = '', name = '']) => {
      if (installWords.includes(name) && !/\brun\b/.test(words)) return installScripts;
      const isScript = manager !== 'npm' || /\brun\b/.test(words) || ['test', 't', 'start'].includes(name);
      const script = name === 't' ? 'test' : name;
      return isScript ? [`pre${script}`, script, `post${script}`] : [];
    })
    .flatMap((name) => {
      const script = scripts[name];
      return typeof script === 'string' ? [{ from: 'package.json', text: script }] : [];
    });
}

/** The recipes of `make`'s targets, and of those that they need. */
function recipesCalled(folder: Folder, line: string): Called[] {
  const file = ['GNUmakefile', 'makefile', 'Makefile'].find((name) => folder.has(name));
  if (file === undefined) return [];
  const rules = rulesOf(folder.text(file));
  const wanted = [...line.matchAll(/(?:^|[;&|(\n]|\s)make\b([^;&|)\n]*)/g)].flatMap(([, rest = '']) => {
    const targets = rest.split(/\s+/).filter((word) => /^[\w./-]+$/.test(word) && !word.startsWith('-'));
    return targets.length > 0 ? targets : [rules[0]?.target ?? ''];
  });
  const recipes = new Map<string, string>();
  const visit = (target: string): void => {
    const rule = rules.find((each) => each.target === target);
    if (rule === undefined || recipes.has(target)) return;
    recipes.set(target, rule.recipe);
    for (const need of rule.needs) visit(need);
  };
  for (const target of wanted) visit(target);
  return [...recipes.values()].filter((recipe) => recipe !== '').map((recipe) => ({ from: file, text: recipe }));
}

interface Rule {
  readonly target: string;
  readonly needs: readonly string[];
  readonly recipe: string;
}

function rulesOf(makefile: string): Rule[] {
  return [...makefile.matchAll(/^([\w./-]+)\s*:(?![=:])([^\n#=]*)(?:#[^\n]*)?\n((?:\t[^\n]*\n?)*)/gm)].map(
    ([, target = '', needs = '', recipe = '']) => ({
      target,
      needs: needs.split(/\s+/).filter(Boolean),
      recipe: recipe.replaceAll(/^\t[@-]*/gm, ''),
    }),
  );
}

/** Scripts of the repository by their path: `./ci/test`, `bash scripts/check.sh`. */
function filesCalled(folder: Folder, line: string): Called[] {
  const before = String.raw`(?:\b(?:bash|sh|dash|zsh|source|exec|time)\s+(?:-\w+\s+)*|\b\w+=\S*\s|(?:^|\s)\.\s|^|[;&|(])\s*`;
  const calls = line.matchAll(
    new RegExp(String.raw`${before}["']?(?:\./)?([\w.-]+(?:/[\w.-]+)*)(?=$|[\s;&|)"'])`, 'g'),
  );
  return [...calls].flatMap(([, path = '']) => {
    const script = folder.text(path);
    return script !== '' && isShell(path, script) ? [{ from: path, text: script }] : [];
  });
}

function isShell(path: string, text: string): boolean {
  return /\.(?:ba|da|z)?sh$/.test(path) || /^#!.*\b(?:ba|da|z)?sh\b/.test(text);
}

function withoutComments(text: string): string {
  return text.replaceAll(/(^|\s)#(?!!)[^\n]*/g, '$1');
}

function parsed(text: string): Record<string, unknown> {
  try {
    return recordOf(JSON.parse(text));
  } catch {
    return {};
  }
}
