import { checkDuration } from './limits/check.ts';
import { units } from './units.ts';

/** Writes milliseconds in the short form, for example `1h 30m`; zero is `0ms`. */
export function formatDuration(milliseconds: number): string {
  let rest = Math.abs(Math.round(checkDuration(milliseconds)));
  const parts: string[] = [];
  for (const [unit, length] of Object.entries(units)) {
    const amount = Math.floor(rest / length);
    if (amount > 0) parts.push(`${amount}${unit}`);
    rest -= amount * length;
  }
  return (milliseconds < 0 ? '-' : '') + (parts.join(' ') || '0ms');
}
