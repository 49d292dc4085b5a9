import type { Markup } from '../../../client/cli/present/report-page/markup.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { html } from '../../../client/cli/present/report-page/markup.ts';
import { elements, parsePage, textOf } from './parsed-page.ts';
import { hostile } from '../documents.ts';
import { inertLine } from '../../../client/cli/present/columns.ts';

describe('a literal of HTML', () => {
  it('takes texts, numbers, lists, pieces of its own, and nothing', () => {
    expect(html`<p>${'a & b'}${null}${2}${[html`<b>${'<'}</b>`, 'c']}</p>`.text).toBe('<p>a &amp; b2<b>&lt;</b>c</p>');
  });

  it('keeps a space at the ends of a text', () => {
    expect(html`<p class="a ${'b'}">c${' d '}e</p>`.text).toBe('<p class="a b">c d e</p>');
  });

  it('never lets a text become markup, in an element or in an attribute', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .array(fc.constantFrom('<', '>', '"', "'", '&', '&lt;', '</p>', '<script>', '-->', ']]>', ' onload=', hostile))
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (part) => {
        const { root, errors } = parsePage(
          `<!doctype html><title>t</title><p title="${html`${part}`.text}">${html`${part}`.text}</p>`,
        );
        expect(errors).toEqual([]);
        const [paragraph, ...others] = elements(root).filter(
          ({ tagName }) => !['html', 'head', 'title', 'body'].includes(tagName),
        );
        expect(others).toEqual([]);
        expect(paragraph?.attrs.map(({ name }) => name)).toEqual(['title']);
        expect(paragraph?.attrs[0]?.value.trim()).toBe(inertLine(part));
        // A browser shows white space as one space.
        const shown = inertLine(part).replaceAll(/ +/g, ' ');
        expect(paragraph === undefined ? '' : textOf(paragraph).trim().replaceAll(/ +/g, ' ')).toBe(shown);
      }),
      { numRuns: 50, examples: [['\u{10fffe} \ufdd0'], ['¡\t\u0000\t!']] },
    );
  });

  it('takes no piece from data that looks like one', () => {
    const forged = JSON.parse('{"text":"<script>1</script>"}') as Markup;
    expect(() => html`<p>${forged}</p>`).toThrow();
  });
});
