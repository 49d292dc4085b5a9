// What a notification says of an approval: the thing itself, in one line. Phones and lists show nothing else of a card.

import type { ApprovalView } from '../../contracts/approval.ts';
import { changeSizeText } from '../../domain/text/change-size.ts';
import { count } from '../../domain/text/count.ts';
import { dollars } from '../../domain/money/dollars.ts';
import { shortRepositoryName } from '../../domain/repository/forge.ts';
import { explainWish, wishOf } from '../../domain/approval/tool-wish.ts';
import { slackLine } from '../../domain/text/inert.ts';

const longestName = 120;

/** `Approve “Parse ISO 8601 durations”? acme/lib, 3 files +120 −14` */
export function headlineOf(view: ApprovalView): string {
  return `${questionOf(view)} ${placeOf(view)}${sizeOf(view)}`;
}

/** `“Parse ISO 8601 durations”, acme/lib` */
export function nameOf(view: ApprovalView): string {
  return `${titleOf(view)}, ${placeOf(view)}`;
}

function questionOf(view: ApprovalView): string {
  const title = titleOf(view);
  switch (view.kind) {
    case 'merge':
      return `Approve ${title}?`;
    case 'budget':
      return `${dollars(view.subject.topUpUsd)} more for ${title}?`;
    case 'question':
      return `${title} asks: ${unlinked(view.subject.question)}`;
    case 'egress':
      return `Network access for the setup of ${title}?`;
    case 'conflict':
      return `${view.subject.trouble === 'conflict' ? 'A conflict' : 'A red verification'} that ${title} does not resolve.`;
    case 'tool':
      return `${title} ${asTyped(explainWish(wishOf(view.subject)))} –`;
    case 'plan':
      return `Begin ${title}, ${count(view.subject.unitCount, 'unit')}?`;
    case 'red-base':
      return `The target fails before ${title} begins. Start anyway?`;
    case 'credential':
      return `The model refuses the key of ${title}. Continue?`;
  }
}

function titleOf({ subject }: ApprovalView): string {
  return `“${unlinked(subject.title)}”`;
}

function placeOf({ subject }: ApprovalView): string {
  return unlinked(shortRepositoryName(subject.repository));
}

function sizeOf(view: ApprovalView): string {
  if (view.kind !== 'merge') return '';
  const { size, pathCount } = view.subject;
  return `, ${size === undefined ? count(pathCount, 'file') : changeSizeText(size)}`;
}

/** Safe where Slack reads markup: neither mentions, formatting nor addresses. */
export function unlinked(text: string): string {
  return parted(slackLine(text, longestName).replaceAll(/[*_~`]/g, ''));
}

/** The same of a command or a path, in which no sign may be missing: those that format look alike. */
function asTyped(text: string): string {
  return parted(slackLine(text, longestName).replaceAll(/[*_~`]/g, (sign) => lookAlikes[sign] ?? ''));
}

const lookAlikes: Readonly<Record<string, string>> = { '*': '∗', _: '＿', '~': '∼', '`': 'ˋ' };

/** Without addresses that Slack would make links of. */
function parted(line: string): string {
  return line.replaceAll(/:(?=\/\/)/g, ':\u200b');
}
