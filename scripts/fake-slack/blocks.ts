// Block Kit as plain data: what a person would read of a message or a window, and what they could press. Only what our
// own cards and windows use.

import { z } from 'zod';

export interface Button {
  readonly action: string;
  readonly label: string;
  readonly style: string | null;
  readonly value: string;
}

export interface Shown {
  /** One for each block, with line breaks. */
  readonly texts: readonly string[];
  readonly buttons: readonly Button[];
  /** The label of the text that a window asks for; null = none. */
  readonly asksFor: string | null;
}

const text = z.object({ type: z.string(), text: z.string() });
const element = z.object({
  type: z.string(),
  text: z.union([text, z.string()]).optional(),
  action_id: z.string().optional(),
  value: z.string().optional(),
  style: z.string().optional(),
});
const block = z.object({
  type: z.string(),
  text: text.optional(),
  label: text.optional(),
  fields: z.array(text).optional(),
  elements: z.array(element).optional(),
});

export function readBlocks(blocks: readonly unknown[], nameOf: (id: string) => string): Shown {
  const texts: string[] = [];
  const buttons: Button[] = [];
  let asksFor: string | null = null;
  for (const each of blocks) {
    const parsed = block.safeParse(each);
    if (!parsed.success) continue;
    const { type, text: words, label, fields = [], elements = [] } = parsed.data;
    const said = words === undefined ? [] : [readable(words, nameOf)];
    if (type === 'input') asksFor = label?.text ?? '';
    const rest = type === 'context' ? elements.flatMap((one) => textOf(one, nameOf)) : [];
    const lines = [...said, ...fields.map((field) => readable(field, nameOf)), ...rest];
    if (lines.length > 0) texts.push(lines.join('\n'));
    if (type === 'actions') buttons.push(...elements.flatMap(buttonIn));
  }
  return { texts, buttons, asksFor };
}

function buttonIn({ type, text: label, action_id: action, value = '', style = null }: Element): Button[] {
  if (type !== 'button' || action === undefined || typeof label !== 'object') return [];
  return [{ action, label: label.text, style, value }];
}

type Element = Omit<z.output<typeof element>, 'style'> & { readonly style?: string | null | undefined };

function textOf({ type, text: words }: Element, nameOf: (id: string) => string): string[] {
  if (words === undefined) return [];
  return [typeof words === 'string' ? readable({ type, text: words }, nameOf) : readable(words, nameOf)];
}

function readable({ type, text: words }: z.output<typeof text>, nameOf: (id: string) => string): string {
  return type === 'mrkdwn' ? markupText(words, nameOf) : words;
}

/** Mentions and dates as Slack shows them. */
export function markupText(words: string, nameOf: (id: string) => string): string {
  return words
    .replaceAll(/<@([A-Z0-9]+)>/g, (_, id: string) => `@${nameOf(id)}`)
    .replaceAll(/<!date\^(\d+)\^[^|>]*\|[^>]*>/g, (_, at: string) => new Date(Number(at) * 1000).toLocaleString())
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
