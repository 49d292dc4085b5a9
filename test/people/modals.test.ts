import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detailsModal, parsePageValue } from '../../people/slack/details.ts';
import { buttonValueOf, parseButtonValue } from '../../people/slack/card.ts';
import { denyModal, parseContext } from '../../people/slack/modals.ts';
import { openView } from '../domain/fixtures.ts';

interface Block {
  readonly text?: { readonly type: string; readonly text: string };
  readonly fields?: readonly { readonly text: string }[];
}

const blocksOf = (diff: string, page = 0): readonly Block[] => {
  const { subject } = openView();
  const preview = { words: 'Done.', files: [], diff, checks: [], costUsd: 0 };
  return detailsModal(openView({ subject: { ...subject, preview } }), page)['blocks'] as readonly Block[];
};

describe('the window with details', () => {
  it('shows the whole patch, line by line, in as many texts as it takes', () => {
    const lines = Array.from({ length: 400 }, (_, i) => `+  line ${i} ${'x'.repeat(60)}`);
    const all = blocksOf(lines.join('\n')).map(({ text }) => text?.text ?? '');
    const shown = all.filter((text) => /^(?:The change|It goes on):/.test(text)).join('\n');
    expect(shown.split('\n').filter((line) => line.startsWith('│ +'))).toEqual(lines.map((line) => `│ ${line}`));
  });

  it('shows long lines to their end', () => {
    const text = blocksOf(`+${'x'.repeat(3_000)} END`)
      .map((block) => block.text?.text ?? '')
      .join('\n');
    expect(text).toMatch(/│ ↪ x+ END/);
  });

  it('has pages where there is more than Slack shows at once, and buttons that turn them', () => {
    const lines = Array.from({ length: 4_000 }, (_, i) => `+  line ${i} ${'x'.repeat(60)}`);
    const shown = new Set<string>();
    let page: number | null = 0;
    for (let turned = 0; page !== null && turned < 20; turned++) {
      const blocks = blocksOf(lines.join('\n'), page);
      const text = JSON.stringify(blocks);
      expect(blocks.length).toBeLessThanOrEqual(100);
      expect(text.length).toBeLessThan(250_000);
      for (const [line] of text.matchAll(/\+ {2}line \d+ x+/g)) shown.add(line);
      const values = [...text.matchAll(/"value":("(?:[^"\\]|\\.)*")/g)].map(([, value = '']) =>
        parsePageValue(JSON.parse(value) as string),
      );
      page = values.find((value) => value?.page === (page ?? 0) + 1)?.page ?? null;
    }
    expect([...shown]).toEqual(lines);
    expect(blocksOf('+ one')).toEqual(blocksOf('+ one', 7));
  });

  it('keeps to Slack’s limits and to plain text, whatever is in it', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 700 }), { maxLength: 300 }), (lines) => {
        const blocks = blocksOf(['<!here>', ...lines].join('\n'));
        expect(blocks.length).toBeLessThanOrEqual(100);
        for (const { text } of blocks) {
          if (text === undefined) continue;
          expect(text.type).toBe('plain_text');
          expect(text.text.length).toBeLessThanOrEqual(3000);
          expect(text.text).not.toContain('<!here>');
        }
      }),
      { numRuns: 60 },
    );
  });
});

it('the window for a reason says what it is about, inert', () => {
  const { subject } = openView();
  const value = parseButtonValue(buttonValueOf(openView({ subject: { ...subject, title: 'Weeks <!here>' } })));
  if (value === null) throw new Error('not read back');
  const [about] = denyModal({ ...value, channel: 'C1' })['blocks'] as readonly Block[];
  expect(about?.text).toMatchObject({
    type: 'plain_text',
    text: '“Weeks ‹!here›”, repository\nrun:r1:unit:a:approval:1',
  });
});

it('only contexts of our own windows are read', () => {
  const id = 'run:r1:unit:a:approval:1';
  const hash = 'ab'.repeat(16);
  expect(parseContext(JSON.stringify({ id, hash, channel: 'C1' }))).toEqual({ id, hash, channel: 'C1' });
  expect(parseContext(JSON.stringify({ id, hash }))).toEqual({ id, hash, channel: null });
  for (const text of ['', '{}', 'null', JSON.stringify({ id: 'queue:x', hash, channel: 'C1' })]) {
    expect(parseContext(text)).toBeNull();
  }
});
