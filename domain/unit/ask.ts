// How a unit that asks or waits is presented to people and to the run.

import type { ApprovalAbout, ApprovalPlace } from '../../contracts/approval.ts';
import type { UnitAsk, UnitEvent, UnitLife, UnitState } from './state.ts';
import { andMore, shortened } from '../text/shown-paths.ts';
import { changeSizeText } from '../text/change-size.ts';
import { excerpt } from '../text/excerpt.ts';
import { aboutPlan } from '../plan/about.ts';
import { dollars } from '../money/dollars.ts';
import { explainWish, wishOf } from '../approval/tool-wish.ts';

/** The content of a unit's approval, and its line for lists. */
export function aboutUnit(
  ask: UnitAsk,
  place: ApprovalPlace,
  { totals: { costUsd: spentUsd }, kept, returns }: Pick<UnitLife, 'totals' | 'kept' | 'returns'>,
  isOnRepository = false,
): { readonly about: ApprovalAbout; readonly summary: string } {
  const { title, branch } = place;
  const goal = title.replace(/^Plan: /, '');
  switch (ask.kind) {
    case 'merge': {
      const { result, changed: paths, changedCount: pathCount, size, largeFiles, review, noReview, preview } = ask.work;
      const more = {
        ...(size === undefined ? {} : { size }),
        ...(largeFiles === undefined ? {} : { largeFiles }),
        ...(review === undefined ? {} : { review }),
        ...(noReview === undefined ? {} : { noReview }),
        ...(kept === undefined ? {} : { kept }),
        ...(preview === undefined ? {} : { preview }),
        ...(returns.length === 0 ? {} : { returned: countReturns(returns) }),
        ...(isOnRepository ? { isOnRepository } : {}),
      } as const;
      return {
        about: { kind: 'merge', subject: { ...place, result, paths, pathCount, ...more } },
        summary: `Land "${title}" on ${branch}${size === undefined ? '' : ` (${changeSizeText(size)})`}`,
      };
    }
    case 'budget': {
      const { limitUsd, topUpUsd } = ask;
      return {
        about: { kind: 'budget', subject: { ...place, spentUsd, limitUsd, topUpUsd } },
        summary: `${dollars(limitUsd)} for "${title}" are spent: ${dollars(topUpUsd)} more?`,
      };
    }
    case 'plan':
      return {
        about: { kind: 'plan', subject: { ...place, title: goal, ...ask.request } },
        summary: aboutPlan(ask.request, goal),
      };
    case 'egress': {
      const { wish, output } = ask;
      const { key, command, paths, pathCount } = wish;
      return {
        about: { kind: 'egress', subject: { ...place, key, command, paths, pathCount, output: excerpt(output, 2000) } },
        summary: `Network for the setup of "${title}", which changes ${namesOf(paths, pathCount)}?`,
      };
    }
    case 'conflict': {
      const { feedback, problem, brief, refused } = ask;
      const { kind: trouble, result, onto } = feedback;
      const more = refused === undefined ? {} : { refused };
      const subject = { ...place, trouble, problem, result, onto, returns: returns.length, brief, ...more };
      const what = trouble === 'conflict' ? 'Conflict' : 'Red verification';
      const files = namesOf(brief.paths, brief.pathCount);
      return {
        about: { kind: 'conflict', subject },
        summary: `${what} that the agent of "${title}" does not resolve${files === '' ? '' : `: ${files}`}`,
      };
    }
    case 'tool': {
      const { call: _, ...request } = ask.request;
      return {
        about: { kind: 'tool', subject: { ...place, ...request } },
        summary: `"${title}" ${explainWish(wishOf(ask.request, 150))}`,
      };
    }
    case 'question':
      return {
        about: { kind: 'question', subject: { ...place, question: ask.question } },
        summary: `Question about "${title}": ${ask.question.replaceAll(/\s+/g, ' ').slice(0, 200)}`,
      };
  }
}

function countReturns(returns: UnitLife['returns']): { readonly conflicts: number; readonly red: number } {
  const conflicts = returns.filter((kind) => kind === 'conflict').length;
  return { conflicts, red: returns.length - conflicts };
}

function namesOf(paths: readonly string[], count: number): string {
  return andMore(
    paths.slice(0, 3).map((path) => shortened(path, 60)),
    3,
    count,
  );
}

/** What the run learns beyond the phase. */
export function explainWait(
  state: UnitState,
  event: UnitEvent,
): { readonly why?: string; readonly credential?: string } {
  if (state.status === 'parked') return { why: `${state.why}; continues at ${timeOf(state.until)}` };
  if (state.status === 'asking' && state.ask.kind !== 'merge') return { why: askingWhy(state.ask.kind) };
  if (event.type === 'slice-ended' && event.slice.outcome.status === 'credential') {
    return { credential: event.slice.outcome.problem };
  }
  return {};
}

/** What the run shows as a unit's reason while it asks. */
export function askingWhy(kind: UnitAsk['kind']): string {
  return `asks a person (${kind})`;
}

function timeOf(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
}
