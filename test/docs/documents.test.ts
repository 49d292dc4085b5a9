// Everything that the documents promise works: links lead somewhere, commands, options and scripts exist, example files
// parse, and TypeScript compiles.

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planSchema } from '../../formats/plan-file/schema.ts';
import { pageProblems, root } from './page-problems.ts';
import { readPage } from './page.ts';
import { typeProblems } from './type-problems.ts';

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

const notOurs = ['node_modules', '.cache', 'dist'];
const pages = globSync('**/*.md', { cwd: root, exclude: (name) => notOurs.includes(name) })
  .toSorted((a, b) => a.localeCompare(b))
  .map((path) => readPage(path, read(path)));

describe('the documents', () => {
  it.each(pages.map((page) => [page.path, page] as const))('%s is right', (_path, page) => {
    expect(pageProblems(page)).toEqual([]);
  });

  it('have TypeScript that compiles', () => {
    expect(typeProblems(pages)).toEqual([]);
  });

  it('plan-file.md has every key of a plan, and no other', () => {
    const rows = read('docs/plan-file.md').matchAll(/^\| `(\w+)`/gm);
    const unit = Object.keys(planSchema.shape.units.element.shape);
    const forEach = Object.keys(planSchema.shape.units.element.shape.forEach.unwrap().shape);
    const keys = [...Object.keys(planSchema.shape).filter((key) => key !== '$schema'), ...unit, ...forEach];
    expect(new Set([...rows].map(([, key]) => key))).toEqual(new Set(keys));
  });

  it.each(['README.md', 'CONTRIBUTING.md', 'docs/install.md', 'docs/operate.md', 'bin/coppice'])(
    '%s names the oldest Node',
    (path) => {
      const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };
      expect(read(path)).toContain(`Node ${engines.node.replace('>=', '')} or later`);
    },
  );

  it('environment.md has every variable of ours that the program reads, and no other', () => {
    const sources = globSync('{domain,git,people,activities,workers,client,scripts}/**/*.{ts,mjs}', { cwd: root });
    // What Coppice tells its own askpass program is nobody else's business.
    const pattern = /\b(?:COPPICE_(?!ASKPASS)|SLACK_|ANTHROPIC_)[A-Z_]*[A-Z]\b/g;
    const names = (text: string): Set<string> => new Set(text.match(pattern));
    expect(names(read('docs/environment.md'))).toEqual(names(sources.map((path) => read(path)).join('\n')));
  });
});

describe('a page', () => {
  const problemsOf = (text: string): string[] => pageProblems(readPage('docs/page.md', text));

  it.each([
    ['[a](nowhere.md)', 'nowhere.md does not exist'],
    ['![a](picture.png)', 'picture.png does not exist'],
    ['[a](#no-heading)', 'docs/page.md has no heading for #no-heading'],
    ['[a](sandbox.md#what-it-hides)', 'docs/sandbox.md has no heading for #what-it-hides'],
    ['`coppice fly`', 'there is no command coppice fly'],
    ['`coppice plan draw`', 'there is no command coppice plan draw'],
    ['`coppice run --fast`', 'coppice run has no option --fast'],
    ['`npm run fly`', 'there is no npm script fly'],
    ['`client/nowhere.ts`', 'client/nowhere.ts does not exist'],
    ['```sh\ncoppice diff\n```', 'coppice diff takes at least 2 arguments'],
    ['```sh\ncd x && coppice list one\n```', 'coppice list takes at most 0 arguments'],
    ['```sh\n$ A=b coppice report R --format pdf # why\n```', '--format of coppice report has a wrong value'],
    ['```sh\nnpm run --silent coppice -- fly\n```', 'there is no command coppice fly'],
    ['```yaml\nagents: { model: m }\nverify: npm test\n```', 'unknown key "agents"; did you mean "agent"?'],
    ['```yaml\nunits: []\n```', 'version is missing'],
    ['```yaml\n- { action: merge }\n```', '[0].paths is missing: which paths the change has'],
    ['```perl\n1\n```', 'nothing checks code blocks of perl'],
  ])('that says %j is found out', (text, problem) => {
    expect(problemsOf(text)).toContainEqual(expect.stringContaining(`: ${problem}`));
  });

  it('that is right has no problems', () => {
    const text = [
      '# A `page` of ours',
      '[a](#a-page-of-ours) [b](sandbox.md#what-it-holds) [c](https://example.com/)',
      '`coppice run PLAN`, `coppice approvals`, `coppice …`, `npm run demo`, `client/cli/main.ts`',
      '```sh\ncoppice run plan.yaml --yes | cat > out\ncoppice list --json | jq "."\n```',
    ].join('\n');
    expect(problemsOf(text)).toEqual([]);
  });

  it('whose TypeScript does not compile is found out at its line', () => {
    const page = readPage('docs/page.md', "# P\n\n```ts\nimport { Copice } from 'coppice';\n```\n");
    expect(typeProblems([page])).toEqual([expect.stringMatching(/^docs\/page\.md:3: error TS\d+: .*Copice/)]);
  });
});
