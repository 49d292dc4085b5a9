// Makes text of models, repositories and people harmless wherever it is shown: one core, and a wrapper for each medium.
// Such text cannot redraw a terminal, disguise a name, or become markup of the page around it. Pure and without
// packages, because workflow code draws pages too.

import { escapeSequences, unseen as unseenClass } from './unsafe.ts';

/** Longer text helps nobody at a glance. */
const longestText = 2000;

const breaks = /[\t\n\v\f\r\u0085\u2028\u2029]+/;
const lineEnds = /\r\n|[\n\u0085\u2028\u2029]/;

const unseen = new RegExp(`[${unseenClass}]`, 'u');
/** Made at every call, because a regular expression with the flag g has state, and workflows share modules. */
const allUnseen = (): RegExp => new RegExp(unseen, 'gu');

function bounded(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}

/** One line without invisible characters. */
export function inertLine(text: string, longest = longestText): string {
  const line = bounded(text, longest).toWellFormed().split(escapeSequences).join('');
  return line.split(breaks).join(' ').split(unseen).join('').trim();
}

/** The same, line by line; indentation keeps its width. */
export function inertLines(text: string): string[] {
  return text.split(lineEnds).map((line) => {
    const indent = /^[ \t]{0,200}/.exec(line)?.[0] ?? '';
    return (indent.replaceAll('\t', '    ') + inertLine(line)).trimEnd();
  });
}

/** Several lines, bounded as a whole. */
export function inertText(text: string, longest = longestText): string {
  return inertLines(bounded(text.trim(), longest)).join('\n').trim();
}

/** One whole line, with every control character but the tab written out. */
export function escapeControls(line: string): string {
  return line.toWellFormed().replace(allUnseen(), (sign) => {
    const code = sign.codePointAt(0) ?? 0;
    if (sign === '\t') return sign;
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

/** A line of JSON with the same content, whose strings cannot control a terminal. */
export function escapeControlsOfJson(line: string): string {
  return line.replace(allUnseen(), (sign) =>
    sign === '\n' ? sign : Array.from({ length: sign.length }, (_, i) => unitOf(sign, i)).join(''),
  );
}

function unitOf(sign: string, index: number): string {
  return `\\u${sign.charCodeAt(index).toString(16).padStart(4, '0')}`;
}

// oxlint-disable-next-line no-control-regex
const colours = /^\x1b\[[\d;]*m$/;
const colourOrUnseen = (): RegExp => new RegExp(`\\x1b\\[[\\d;]*m|\\r\\n|[${unseenClass}]`, 'gu');

/** Our own text, with colours and gaps: the last gate before a terminal, in case a caller forgot. */
export function inertPrint(text: string): string {
  return text
    .toWellFormed()
    .replace(colourOrUnseen(), (sign) => (/^(?:\r?\n|[\t\u200b])$/.test(sign) || colours.test(sign) ? sign : ''));
}

/** Takes no room, and breaks up what Markdown would make a link or a mention of. */
const gap = '\u200b';

/**
 * One line that Markdown shows as it is, even at the start of a line: no headings, lists, HTML or formulas, no
 * mentions, and no links but bare addresses, which show where they lead.
 */
export function markdownText(text: string, longest = longestText): string {
  return (
    inertLine(text, longest)
      // Text between two dollar signs would become a formula, however they are escaped; sums of money would not.
      .replace(/\$(?!\d)/g, '＄')
      .replace(/[\\`*_[\]<>|~&#!]/g, '\\$&')
      .replace(/^(?=[-+=])/, '\\')
      .replace(/^(\d+)(?=[.)])/, '$1\\')
      .replace(/(^|\W)@/g, `$1@${gap}`)
  );
}

/** Maximum characters of one text in Temporal's Web UI, whose pages and lists are read at a glance. */
export const longestInWebUi = 300;

/** The same for Temporal's Web UI, where sums of money become formulas too, and an address would become a link. */
export function webUiText(text: string, longest = longestInWebUi): string {
  const parted = markdownText(text, longest).replace(/:(?=\/\/)|@(?!\u200b)|www(?=\.)/gi, `$&${gap}`);
  return parted.replaceAll('$', 'USD ');
}

/** Code in a line of Markdown, in tables too. */
export function markdownCode(text: string): string {
  return `\`${inertLine(text).replace(/[`|]/g, '') || '–'}\``;
}

/** A line that is inert already, without the signs that Slack may read. */
export function slackSigns(line: string): string {
  return line.replaceAll('<', '‹').replaceAll('>', '›').replaceAll('&', '＆');
}

/** One line of a card in Slack: `<!here>` and the like lose their meaning, even where the text is not `plain_text`. */
export function slackLine(text: string, longest = longestText): string {
  return slackSigns(inertLine(text, longest));
}
