// The small rules that plan files and coppice.yaml share: one zod schema per kind of field. Messages continue the name
// of the field (`units[2].title must be …`). Safe text here means text that cannot surprise a terminal, ref or command
// line. A title names the kind of a value for editors and docs/config.md.

import { z } from 'zod';
import { unsafeInCommand, unsafeInLine } from '../../domain/text/unsafe.ts';
import { alternativesOf, mostAlternatives } from '../globs/syntax.ts';

/** Far above any real limit: anything larger is a slip, and sums must stay exact. */
const maxUsd = 1_000_000;

export function text(): z.ZodString {
  return z.string().refine((value) => value.trim() !== '', { error: 'is blank', abort: true });
}

/** One line that people read. */
export function line(maxLength: number): z.ZodString {
  return text()
    .max(maxLength, `must have at most ${maxLength} characters`)
    .refine((value) => !/[\r\n]/.test(value), { error: 'must be one line', abort: true })
    .refine((value) => !unsafeInLine.test(value), 'contains control or text direction characters');
}

/** A shell command. */
export function command(): z.ZodString {
  return text()
    .max(65_536, 'must have at most 65,536 characters')
    .refine((value) => !unsafeInCommand.test(value), 'contains control characters')
    .meta({ title: 'command' });
}

export function usd(): z.ZodNumber {
  return z.number().gt(0, 'must be above 0').lte(maxUsd, `must be at most ${maxUsd}`);
}

export function count(min: number, max: number): z.ZodNumber {
  const range = `must be a whole number from ${min} to ${max}`;
  return z.number().int({ error: range, abort: true }).gte(min, range).lte(max, range);
}

/** A glob over paths of the repository. */
export function glob(): z.ZodString {
  return z
    .string()
    .max(500, 'must have at most 500 characters')
    .superRefine((value, context) => {
      const message = wrongGlob(value);
      if (message !== null) context.addIssue({ code: 'custom', message });
    })
    .meta({ title: 'glob' });
}

function wrongGlob(value: string): string | null {
  if (value.trim() === '') return 'is blank';
  if (unsafeInLine.test(value)) return 'contains control or text direction characters';
  if (value.startsWith('/')) return 'must be relative to the top of the repository (no leading "/")';
  if (value.startsWith('!'))
    return 'must not be negated: list what is meant (a name that begins with "!" is written "\\!")';
  const segments = value.split('/').filter((segment) => segment !== '.');
  if (segments.includes('..')) return 'must not contain ".."';
  if (segments[0]?.toLowerCase() === '.coppice') return 'names .coppice, which is reserved';
  if (alternativesOf(value) > mostAlternatives)
    return `has lists in braces with more than ${mostAlternatives} combinations`;
  return null;
}

const durationPattern = /^(\d{1,9})(s|m|h)$/;
const durationMessage =
  'must be a time such as 90s, 10m or 2h (a plain number counts seconds), above 0, at most 7 days';
const maxSeconds = 7 * 24 * 3600;

export function duration() {
  const inRange = (value: string | number): boolean => {
    const seconds = secondsOf(value);
    return seconds > 0 && seconds <= maxSeconds;
  };
  return z
    .union([z.number(), z.string().regex(durationPattern, { error: durationMessage, abort: true })], {
      error: durationMessage,
    })
    .refine(inRange, durationMessage)
    .meta({ title: 'time' });
}

const periodForm = 'whole minutes, hours or days such as 30m, 4h or 3d, from 1m to 365d';

/** How long people may take: from a minute to a year. */
export function period(): z.ZodString {
  return periodLike(/^\d{1,9}[mhd]$/, `must be ${periodForm}`).meta({ title: 'period' });
}

/** One schema and not a union, so that an error says all that is accepted. */
export function periodOrNever(): z.ZodString {
  return periodLike(/^(?:never|\d{1,9}[mhd])$/, `must be never, or ${periodForm}`).meta({ title: '`never` or period' });
}

function periodLike(form: RegExp, message: string): z.ZodString {
  const isInRange = (value: string): boolean => secondsOf(value) >= 60 && secondsOf(value) <= 365 * 24 * 3600;
  return z
    .string({ error: message })
    .regex(form, { error: message, abort: true })
    .refine((value) => value === 'never' || isInRange(value), message);
}

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 24 * 3600 };

/** Seconds of a checked duration or period. */
export function secondsOf(value: string | number): number {
  if (typeof value === 'number') return value;
  const [, amount = '', unit = 's'] = /^(\d{1,9})([smhd])$/.exec(value) ?? [];
  return Number(amount) * (unitSeconds[unit] ?? 1);
}

/** Whole seconds, formatted as a user would write them. */
export function durationOf(seconds: number): string {
  const [unit, length] = seconds % 3600 === 0 ? ['h', 3600] : seconds % 60 === 0 ? ['m', 60] : ['s', 1];
  return `${seconds / length}${unit}`;
}
