import { checkDuration } from './limits/check.ts';
import { isUnit, units } from './units.ts';

/** Reads the short form, for example `1h 30m` or `-250ms`; answers milliseconds. Throws a SyntaxError for anything else. */
export function parseDuration(text: string): number {
  const match = /^(-?)((?:\d+(?:\.\d+)?[a-z]+\s*)+)$/.exec(text.trim());
  if (match === null) throw new SyntaxError(`not a duration: ${JSON.stringify(text)}`);
  let total = 0;
  for (const [, amount, unit = ''] of match[2]!.matchAll(/(\d+(?:\.\d+)?)([a-z]+)/g)) {
    if (!isUnit(unit)) throw new SyntaxError(`unknown unit ${JSON.stringify(unit)} in ${JSON.stringify(text)}`);
    total += Number(amount) * units[unit];
  }
  return checkDuration(match[1] === '-' ? -total : total);
}
