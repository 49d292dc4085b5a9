// What an approval is about, as blocks: on its card, and in the window with details.

import type { ApprovalView } from '../../contracts/approval.ts';
import type { ChangePreview } from '../../contracts/change-preview.ts';
import { type CardBlock, fields, inert, quote, section } from './blocks.ts';
import { changeSizeText } from '../../domain/text/change-size.ts';
import { consentLines } from '../../domain/approval/consent.ts';
import { dollars } from '../../domain/money/dollars.ts';
import { excerptLines } from '../../domain/text/excerpt.ts';
import { explainRisk, riskOf } from '../../domain/approval/risk.ts';
import { shownPaths } from '../../domain/text/shown-paths.ts';

const mostPaths = 10;
/** Lines shown of a command's output. */
const outputLines = 8;

/** What is asked, without who and when. */
export function describe(view: ApprovalView): CardBlock[] {
  const { subject } = view;
  const risk = riskOf(view);
  return [
    fields([
      ['Run', view.run],
      ...(view.unit === null ? [] : [['Unit', view.unit] as const]),
      ['Branch', subject.branch],
      ['Repository', subject.repository],
      ['Asked for by', subject.requestedBy],
      ['Rule', view.policy.rule],
    ]),
    quote(view.unit === null ? 'Goal' : 'Title in the plan', inert(subject.title)),
    ...(risk === null ? [] : [section(`Risk: ${explainRisk(risk)}`)]),
    ...describeSubject(view),
  ];
}

function describeSubject(view: ApprovalView): CardBlock[] {
  switch (view.kind) {
    case 'merge': {
      const { subject } = view;
      const { preview } = subject;
      const size = subject.size === undefined ? '' : ` (${changeSizeText(subject.size)})`;
      const lines = new Map(preview?.files.map((file) => [file.path, linesOf(file)]));
      const named = subject.paths.slice(0, mostPaths);
      const paths = shownPaths(subject.paths, subject.pathCount, mostPaths).map(
        (shown, at) => `${inert(shown)}${lines.get(named[at] ?? '') ?? ''}`,
      );
      const kept = shownPaths(subject.kept ?? [], subject.kept?.length ?? 0, mostPaths).map(inert);
      const consents = consentLines(view).map(inert);
      const large = (subject.largeFiles ?? []).map(({ path, bytes, binary }) =>
        inert(`${path}: ${Math.ceil(bytes / 1000)} kB${binary ? ', binary' : ''}`),
      );
      return [
        ...(preview === undefined || preview.words === ''
          ? []
          : [quote('The agent says', firstLines(preview.words, wordsShown))]),
        ...(consents.length === 0 ? [] : [quote('Everyone listed here must agree', consents.join('\n'))]),
        quote(`Changed files${size}`, paths.join('\n')),
        ...(preview === undefined || preview.diff === ''
          ? []
          : [quote('The change begins', firstLines(preview.diff, diffLinesShown))]),
        ...(preview === undefined ? [] : [section(evidenceOf(preview))]),
        ...(view.status === 'open' && view.unit !== null
          ? [section(`The whole change: coppice diff ${view.run} ${view.unit}`)]
          : []),
        ...(large.length === 0 ? [] : [quote('Large or binary files', large.join('\n'))]),
        ...(kept.length === 0 ? [] : [quote('In conflict, and left as the merge made them', kept.join('\n'))]),
      ];
    }
    case 'budget': {
      const { spentUsd, limitUsd, topUpUsd } = view.subject;
      return [
        section(
          `Spent ${dollars(spentUsd)} of ${dollars(limitUsd)}. Approving adds ${dollars(topUpUsd)}; for another amount: coppice approve ${view.id} --usd AMOUNT`,
        ),
      ];
    }
    case 'egress': {
      const { command, paths, pathCount, output } = view.subject;
      const shown = shownPaths(paths, pathCount, mostPaths).map(inert);
      return [
        quote('Setup command that would get network access', inert(command)),
        quote('Changed files that it reads', shown.join('\n')),
        quote('Its output without network access', excerptLines(output, outputLines).map(inert).join('\n')),
      ];
    }
    case 'red-base':
      return [
        quote('What fails on the target', inert(view.subject.problem)),
        quote('What it printed', excerptLines(view.subject.output, outputLines).map(inert).join('\n')),
        section(
          `The whole log: coppice logs ${view.run} --setup\nIf the target turns green meanwhile, the run starts by itself.`,
        ),
      ];
    case 'question':
      return [
        quote('The question', view.subject.question.split('\n').map(inert).join('\n')),
        ...(view.status === 'open' ? [section(`Answer with: coppice answer ${view.id} "…"`)] : []),
      ];
    case 'conflict':
      return describeConflict(view);
    case 'credential':
      return [
        quote('The model’s server says', inert(view.subject.problem)),
        section('Fix the key or the account of the workers, then approve: the run continues where it stopped.'),
      ];
  }
}

function describeConflict({
  id,
  run,
  unit,
  status,
  subject,
}: ApprovalView & { readonly kind: 'conflict' }): CardBlock[] {
  const { problem, refused, brief } = subject;
  const { paths, pathCount, others, lastWords } = brief;
  const otherSide = others.map(({ commit, subject: title }) => inert(`${commit.slice(0, 8)} ${title}`));
  const where = `${run} ${unit ?? ''}`;
  return [
    quote('What the agent does not resolve', inert(problem)),
    quote('Files', shownPaths(paths, pathCount, mostPaths).map(inert).join('\n')),
    ...(otherSide.length === 0 ? [] : [quote('The other side', otherSide.join('\n'))]),
    ...(lastWords === '' ? [] : [quote('The agent’s last words', inert(lastWords))]),
    ...(refused === undefined ? [] : [quote('A resolution that was not taken', inert(refused))]),
    ...(status === 'open'
      ? [
          section(
            `To tell the agent how: coppice answer ${id} "…"\nTo resolve it yourself: coppice checkout ${where} DIR, then coppice resolve ${where} DIR`,
          ),
        ]
      : []),
  ];
}

const wordsShown = 8;
const diffLinesShown = 15;

function firstLines(text: string, most: number): string {
  const lines = text.split('\n');
  const shown = lines.slice(0, most).map(inert);
  return [...shown, ...(lines.length > most ? [`… ${lines.length - most} more lines`] : [])].join('\n');
}

/** ` +3 −1`. */
function linesOf({ additions, deletions }: ChangePreview['files'][number]): string {
  return additions === null || deletions === null ? ' binary' : ` +${additions} −${deletions}`;
}

/** What speaks for it, and what it has cost. */
function evidenceOf({ checks, costUsd }: ChangePreview): string {
  const passed =
    checks.length === 0 ? 'No check has run' : `Passed in the unit’s worktree: ${inert(checks.join(', '))}`;
  return `${passed}. It must pass again before it lands. Cost so far: ${dollars(costUsd)}.`;
}
