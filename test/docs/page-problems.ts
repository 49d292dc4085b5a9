// The problems of a page of the documents, as `path:line: what`: everything that can be found without running it.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, resolve } from 'node:path';
import { parse } from 'yaml';
import { parseConfig } from '../../formats/config-file/config-file.ts';
import { parsePlan } from '../../formats/plan-file/plan-file.ts';
import { parseSamples } from '../../formats/policy/samples.ts';
import { configSchema } from '../../formats/config-file/schema.ts';
import type { Block, Page } from './page.ts';
import { commandProblems, scriptProblems, shellLines } from './command-lines.ts';
import { readPage } from './page.ts';

export const root = resolve(import.meta.dirname, '../..');

const folders = [
  ...[
    'activities',
    'client',
    'contracts',
    'deploy',
    'docs',
    'domain',
    'examples',
    'formats',
    'git',
    'people',
    'schema',
  ],
  ...['scripts', 'temporal', 'test', 'workers', 'workflows'],
];
const sourcePath = new RegExp(`^(?:${folders.join('|')})/[\\w./-]*$`);

export function pageProblems(page: Page): string[] {
  const scripts = scriptsNear(page.path);
  const at = (line: number) => (what: string) => `${page.path}:${line}: ${what}`;
  return [
    ...page.links.flatMap(({ text, line }) => linkProblems(page, text).map(at(line))),
    ...page.inlineCode.flatMap(({ text, line }) => {
      const problems = [...commandProblems(text, false), ...scriptProblems(text, scripts), ...pathProblems(page, text)];
      return problems.map(at(line));
    }),
    ...page.blocks.flatMap((block) => blockProblems(block, scripts).map(at(block.line))),
  ];
}

function linkProblems(page: Page, target: string): string[] {
  if (/^[a-z]+:/.test(target)) return [];
  const [file = '', anchor] = target.split('#');
  const path = file === '' ? page.path : normalize(join(dirname(page.path), file));
  if (path !== page.path && !existsSync(join(root, path))) return [`${target} does not exist`];
  if (anchor === undefined) return [];
  const { anchors } = path === page.path ? page : readPage(path, readFileSync(join(root, path), 'utf8'));
  return anchors.has(anchor) ? [] : [`${path} has no heading for #${anchor}`];
}

/** Inline code that looks like a path of this repository is one, from its top or from the page. */
function pathProblems(page: Page, code: string): string[] {
  if (!sourcePath.test(code)) return [];
  const exists = [join(root, code), join(root, dirname(page.path), code)].some((path) => existsSync(path));
  return exists ? [] : [`${code} does not exist`];
}

function blockProblems({ language, text }: Block, scripts: Readonly<Record<string, string>>): string[] {
  switch (language) {
    case 'sh':
    case 'bash':
      return shellLines(text).flatMap((line) => [...commandProblems(line, true), ...scriptProblems(line, scripts)]);
    case 'json':
      return parses(() => JSON.parse(text) as unknown);
    case 'yaml':
      return yamlProblems(text);
    case '':
    case 'text':
    case 'ts':
    case 'markdown':
      return [];
    default:
      return [`nothing checks code blocks of ${language}`];
  }
}

/** A plan, coppice.yaml (what has one of its keys), samples of actions for rules (a list), or any other YAML. */
function yamlProblems(text: string): string[] {
  const wrong = parses(() => parse(text) as unknown);
  if (wrong.length > 0) return wrong;
  const value = parse(text) as unknown;
  if (Array.isArray(value)) return sampleProblems(text);
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  if (keys.includes('units')) return messagesOf(parsePlan(text, 'plan').errors);
  return keys.some((key) => key in configSchema.shape) ? messagesOf(parseConfig(text, 'coppice.yaml').errors) : [];
}

function sampleProblems(text: string): string[] {
  const read = parseSamples(text, 'samples.yaml');
  return 'errors' in read ? messagesOf(read.errors) : [];
}

function messagesOf(errors: readonly { readonly message: string }[] = []): string[] {
  return errors.map(({ message }) => message);
}

function parses(read: () => unknown): string[] {
  try {
    read();
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

/** Of the nearest package.json: the example library is a project of its own. */
function scriptsNear(path: string): Readonly<Record<string, string>> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const file = join(root, folder, 'package.json');
    if (!existsSync(file)) continue;
    const { scripts = {} } = JSON.parse(readFileSync(file, 'utf8')) as { scripts?: Record<string, string> };
    return scripts;
  }
}
