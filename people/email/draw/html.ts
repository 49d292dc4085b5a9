// An approval as HTML. Markup is a type of its own that only this file makes, so that no text reaches a page unescaped;
// foreign text stands in a quotation.

import type { Part } from '../../describe-approval.ts';
import { inertLine, inertLines } from '../../../domain/text/inert.ts';
import { inertLinesOf } from './text.ts';
import { style } from './style.ts';

export interface Html {
  readonly source: string;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Markup with values: a text becomes one inert, escaped line, also inside the quotes of an attribute. */
export function markup(strings: TemplateStringsArray, ...values: readonly (string | Html | readonly Html[])[]): Html {
  const inside = values.map((value) => {
    if (typeof value === 'string') return escaped(inertLine(value));
    return 'source' in value ? value.source : value.map(({ source }) => source).join('\n');
  });
  return { source: String.raw({ raw: strings }, ...inside) };
}

/** One below the other; null = nothing. */
export function stack(...parts: readonly (Html | null)[]): Html {
  return markup`${parts.filter((part) => part !== null)}`;
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => entities[sign] ?? '');
}

/** Text with its line breaks, as a form field has it. */
export function fieldText(text: string): Html {
  return { source: escaped(inertLines(text).join('\n')) };
}

/** One line of foreign text, of which no mail program makes a link. */
export function foreignText(text: string): Html {
  return foreign(inertLine(text));
}

/** A foreign line. Mail programs make links of what looks like an address; across elements they do not. */
function foreign(line: string): Html {
  // Those of entities are followed by a `;` and have neither of these signs.
  return { source: escaped(line).replaceAll(/(?<=\w)\.(?=\w)|:(?=\/\/)|@/g, '<span>$&</span>') };
}

export function drawParts(parts: readonly Part[]): Html {
  return markup`${parts.map(drawPart)}`;
}

function drawPart(part: Part): Html {
  switch (part.kind) {
    case 'facts': {
      const rows = part.rows.map(([name, value]) => markup`<tr><th>${name}</th><td>${foreignText(value)}</td></tr>`);
      return markup`<table>${rows}</table>`;
    }
    case 'quoted':
      return markup`<h3>${part.name}</h3>${quotation(part)}`;
    case 'said':
      return markup`<p>${lineByLine(part.text.split('\n').map(foreignText), '<br>')}</p>`;
  }
}

function quotation({ form, lines }: Part & { readonly kind: 'quoted' }): Html {
  const whole = inertLinesOf(lines, form);
  const inside = lineByLine(whole.map(form === 'diff' ? diffLine : foreign), '\n');
  return form === 'prose' ? markup`<blockquote>${inside}</blockquote>` : markup`<pre>${inside}</pre>`;
}

/** Added and removed lines; not the names of the files. */
function diffLine(line: string): Html {
  if (/^\+(?!\+\+ )/.test(line)) return markup`<span class="plus">${foreign(line)}</span>`;
  return /^-(?!-- )/.test(line) ? markup`<span class="minus">${foreign(line)}</span>` : foreign(line);
}

function lineByLine(lines: readonly Html[], between: string): Html {
  return { source: lines.map(({ source }) => source).join(between) };
}

/** A whole page, or the HTML of a mail. The style stands there as it is: pages name its hash. */
export function drawDocument(title: string, body: Html): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no, url=no">
<title>${title}</title>
<style>${{ source: style }}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`.source;
}
