// `coppice audit` for people: a line for each entry, and above them what they lack. Nothing is cut: it is a record.

import type { AuditEntry, RunAudit } from '../../audit/entries.ts';
import type { Paint, Style, TextStream } from './colour.ts';
import { inertLine } from './columns.ts';
import { dollars, timeOf } from './amounts.ts';
import { explainRemembering } from '../../../domain/approval/remembering.ts';
import { painterFor } from './colour.ts';

export function auditText({ run, entries, missing, complete }: RunAudit, stream: TextStream): string {
  const paint = painterFor(stream);
  const gaps = missing.map(({ text }) => paint('yellow', `! ${inertLine(text)}`));
  const head = complete ? [] : [paint('yellow', `this is not everything about ${inertLine(run)}:`), ...gaps, ''];
  return [...head, ...entries.map((entry) => lineOf(entry, paint))].join('\n');
}

function lineOf(entry: AuditEntry, paint: Paint): string {
  const { at, unit, by } = entry;
  const who = by === null ? '' : `${whoText(by)} `;
  const number = entry.approval === null ? '' : ` #${entry.approval.split(':').at(-1) ?? ''}`;
  const where = paint('dim', inertLine(`${timeOf(at)} ${unit ?? 'run'}${number}`));
  const source = entry.source === 'records' ? ' (from the records; its history has gone)' : '';
  const style = styleOf(entry);
  const said = inertLine(`${who}${wordsOf(entry)}${source}`, longest);
  return `${where}  ${style === null ? said : paint(style, said)}`;
}

function whoText({ name, id, channel }: NonNullable<AuditEntry['by']>): string {
  // Its name says that it is one, and whose.
  if (channel === 'agent') return name;
  return `${name}${id === null || id === name ? '' : ` ${id}`} (${channel})`;
}

/** A message to an agent has up to 4,000 characters. */
const longest = 10_000;

function wordsOf(entry: AuditEntry): string {
  switch (entry.kind) {
    case 'requested': {
      const { asks, summary, mayDecide, rules, expiresAt, hash, requestedBy } = entry;
      const until = expiresAt === null ? 'without a deadline' : `until ${timeOf(expiresAt)}`;
      return `asks (${asks}): ${summary}; may decide: ${mayDecide.join(' and ')}, ${until}; because of ${rules.join('; ')}; for ${requestedBy}; hash ${hash}`;
    }
    case 'voted': {
      const { decision, reason, text, usd, resolution, remember } = entry;
      const said = [
        ...(usd === undefined ? [] : [`${dollars(usd)} more`]),
        ...(remember === undefined ? [] : [explainRemembering(remember)]),
        ...(resolution === undefined ? [] : [`with ${resolution}`]),
        ...(text === undefined ? [] : [text]),
        ...(reason === null ? [] : [reason]),
      ].join('; ');
      return `${voted[decision]}${said === '' ? '' : `: ${said}`}`;
    }
    case 'repeated':
      return `sent another decision (${entry.decision ?? 'not readable'}) under the same id: the first one counts`;
    case 'refused':
      return `was refused (${entry.code}): ${entry.message}`;
    case 'unjudged':
      return `decided (${entry.decision ?? 'not readable'}), and no worker has judged it yet`;
    case 'reminded':
      return `people were reminded (${entry.times})`;
    case 'escalated':
      return `others may decide, too: ${entry.to.join(', ')}`;
    case 'overdue':
      return 'the time is over, and it goes on waiting';
    case 'decided':
      return entry.outcome === 'lost' || entry.outcome === 'expired'
        ? `${entry.outcome}: ${entry.summary}`
        : entry.summary;
    case 'acted':
      return actWords(entry);
  }
}

const voted = { approve: 'approved', deny: 'denied', answer: 'answered' } as const;

const planActs: Partial<Record<string, string>> = {
  'edit-plan': 'changed the plan',
  'propose-units': 'proposed units',
};

function actWords({ act, accepted, text, answer, unit }: Extract<AuditEntry, { kind: 'acted' }>): string {
  const what = planActs[act] ?? (unit === null && act !== 'signal' ? `${act} the run` : act);
  const said = text === null ? '' : `: ${text}`;
  return `${what}${said}${accepted === false ? `; refused: ${answer ?? 'no reason is known'}` : ''}`;
}

function styleOf({ kind, ...entry }: AuditEntry): Style | null {
  if (kind === 'refused') return 'red';
  if (kind === 'decided') return 'bold';
  return entry.source === 'records' ? 'yellow' : null;
}
