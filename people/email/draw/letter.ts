// A letter as the two bodies of a mail: plain text, and HTML that fetches nothing and runs nothing.

import type { Letter } from '../message.ts';
import { drawDocument, drawParts, foreignText, markup, stack } from './html.ts';
import { drawText, foreignLine, quotedLines } from './text.ts';

export function letterText({ headline, title, lead, link, parts, foot }: Letter): string {
  return [
    foreignLine(headline),
    ...(title === '' ? [] : [quotedLines([title]).join('\n')]),
    lead.map(foreignLine).join('\n'),
    ...(link === null ? [] : [`${link.label}\n${link.url}`]),
    ...(parts.length === 0 ? [] : [drawText(parts)]),
    ...(foot.length === 0 ? [] : [`-- \n${foot.join('\n')}`]),
  ].join('\n\n');
}

export function letterHtml({ headline, title, lead, link, parts, foot }: Letter): string {
  const body = stack(
    markup`<h1>${foreignText(headline)}</h1>`,
    title === '' ? null : markup`<p class="title">${foreignText(title)}</p>`,
    ...lead.map((line) => markup`<p>${foreignText(line)}</p>`),
    link === null ? null : markup`<p><a class="button" href="${link.url}">${link.label}</a></p>`,
    drawParts(parts),
    ...foot.map((line) => markup`<p class="small">${foreignText(line)}</p>`),
  );
  return drawDocument('Coppice', body);
}
