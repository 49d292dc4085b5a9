// Texts of other tools as a plan can have them: ids, titles and prompts. They stay data: nothing in them is obeyed.

import { inertLine } from '../../domain/text/inert.ts';
import { planSchema } from '../plan-file/schema.ts';

const maxTitle = 200;
const maxId = 63;
const titleSchema = planSchema.shape.units.element.shape.title;

/** A unit's id from another tool's: `T014` → `t014`, `5.2` → `5-2`. */
export function unitIdFrom(id: string): string {
  const spelled = id
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-');
  return cutId(spelled.replaceAll(/^-+|-+$/g, ''), maxId) || 'unit';
}

function cutId(id: string, longest: number): string {
  return id.slice(0, longest).replace(/-+$/, '');
}

/** Makes ids unique by a number at the end. */
export function freshId(wanted: string, taken: ReadonlySet<string>): string {
  if (!taken.has(wanted)) return wanted;
  for (let n = 2; ; n++) {
    const id = `${cutId(wanted, maxId - 1 - String(n).length)}-${n}`;
    if (!taken.has(id)) return id;
  }
}

/** One line of at most 200 characters; `otherwise` where nothing can be seen of the text. */
export function titleFrom(text: string, otherwise: string): string {
  const line = inertLine(text).replaceAll(/\s+/g, ' ').trim();
  const title = line.length <= maxTitle ? line : `${shortened(line)}…`;
  return titleSchema.safeParse(title).success ? title : otherwise;
}

/** Whole words where that loses little, and no half of a character. */
function shortened(line: string): string {
  const cut = line.slice(0, maxTitle - 1).replace(/[\uD800-\uDBFF]$/, '');
  const space = cut.lastIndexOf(' ');
  return (space > maxTitle * 0.8 ? cut.slice(0, space) : cut).replace(/[\s,;:]+$/, '');
}

/** The text with line breaks as everybody reads them. */
export function plainText(text: string): string {
  return text.toWellFormed().replaceAll(/\r\n?/g, '\n');
}

/** Sections under headings; empty ones are left out. */
export function promptFrom(sections: readonly (readonly [heading: string, text: string | null | undefined])[]): string {
  return sections
    .flatMap(([heading, text]) => {
      const body = plainText(text ?? '')
        .trimEnd()
        .replace(/^\s*\n/, '');
      if (body === '') return [];
      return [heading === '' ? body : `## ${heading}\n\n${body}`];
    })
    .join('\n\n');
}

/** `a, b and 3 more`. */
export function listed(names: readonly string[], most = 10): string {
  const shown = names.slice(0, most).join(', ');
  return names.length <= most ? shown : `${shown} and ${names.length - most} more`;
}
