// Durations, money, commits and times as people read them.

import type { LargeFile } from '../../../contracts/large-file.ts';
import { dollars as plainDollars } from '../../../domain/money/dollars.ts';

export { changeSizeText } from '../../../domain/text/change-size.ts';
export { count } from '../../../domain/text/count.ts';

/** `45s`, `3m 12s`, `2h 05m`, `7d 3h`. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  if (s < 60) return `${s}s`;
  if (s < 3600) return `${Math.floor(s / 60)}m ${two(s % 60)}s`;
  if (s < 86_400) return `${Math.floor(s / 3600)}h ${two(Math.floor((s % 3600) / 60))}m`;
  return `${Math.floor(s / 86_400)}d ${Math.floor((s % 86_400) / 3600)}h`;
}

/** Time between two dates; strings are ISO 8601. */
export function elapsed(from: string, to: Date | string): string {
  return duration((new Date(to).getTime() - Date.parse(from)) / 1000);
}

/** `$1.23`; `~` = part of it is an upper bound. */
export function dollars(usd: number, estimated = false): string {
  return `${estimated ? '~' : ''}${plainDollars(usd)}`;
}

export function shortSha(commit: string): string {
  return commit.slice(0, 8);
}

/** `2026-11-24T11:02:33Z`. */
export function timeOf(at: string): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? at : `${date.toISOString().slice(0, 19)}Z`;
}

/** `logo.png 3.4 MB, binary`. */
export function largeFileText({ path, bytes, binary }: LargeFile): string {
  return `${path} ${bytesText(bytes)}${binary ? ', binary' : ''}`;
}

/** `0 B`, `12 kB`, `3.4 MB`, `1.2 GB`. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const amount = bytes / 1000 ** step;
  return `${amount < 10 && step > 1 ? amount.toFixed(1) : Math.round(amount)} ${units[step] ?? ''}`;
}
