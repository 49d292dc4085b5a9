// Numbers on the command line.

import { InvalidArgumentError } from 'commander';

/** A whole number of at least `least`, for commander's options. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`It must be a whole number of at least ${least}.`);
    }
    return value;
  };
}

/** A whole number, which may be negative. */
export function numberBetween(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^-?\d{1,9}$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    }
    return value;
  };
}

export function positiveUsd(text: string): number {
  const usd = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || usd <= 0 || usd > 1_000_000) {
    throw new InvalidArgumentError('It must be an amount in USD above 0, such as 12.50.');
  }
  return usd;
}

export function portNumber(text: string): number {
  const port = wholeNumber(0)(text);
  if (port > 65_535) throw new InvalidArgumentError('It must be a port, at most 65535.');
  return port;
}

/** `90s`, `10m`, `12h`, `30d`, in seconds. */
export function age(text: string): number {
  const [, amount = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const seconds = { s: 1, m: 60, h: 3600, d: 86_400 }[unit];
  if (seconds === undefined) throw new InvalidArgumentError('It must be a time such as 12h or 30d.');
  return Number(amount) * seconds;
}
