import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generatedDocs } from '../../scripts/docs/generated-docs.ts';
import { parseConfig } from '../../formats/config-file/config-file.ts';

const pages = Object.entries(generatedDocs());

describe('the generated pages of docs/', () => {
  it.each(pages)('%s is what `npm run generate:docs` writes', (name, text) => {
    expect(readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')).toBe(text);
  });

  it('config.md says of every key what it means, and its examples are good', () => {
    const page = generatedDocs()['config.md'] ?? '';
    const rows = page.split('\n').filter((line) => line.startsWith('| `'));
    const examples = [...page.matchAll(/```yaml\n([^]*?)```/g)].map(([, text = '']) => text);
    expect(rows.length).toBeGreaterThan(30);
    expect(rows.filter((row) => (row.split(/(?<!\\)\|/)[4] ?? '').trim() === '')).toEqual([]);
    expect(examples.length).toBeGreaterThan(14);
    for (const example of examples) expect(parseConfig(example, 'coppice.yaml')).not.toHaveProperty('errors');
  });

  it('commands.md has an example of every command', () => {
    const [, ...sections] = (generatedDocs()['commands.md'] ?? '').split(/^## /m);
    const commands = sections.filter((text) => text.startsWith('`coppice '));
    expect(commands.length).toBeGreaterThan(10);
    expect(commands.filter((text) => !/```sh\ncoppice /.test(text)).map((text) => text.split('\n')[0])).toEqual([]);
  });
});
