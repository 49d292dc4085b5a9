// A train of the merge queue, drawn as a train: `train 7  ■ a → ■ b → ▣ c`, and below it what verifies it. Pure.

import type { Paint, Style } from './colour.ts';
import type { QueueTrain } from '../../queue/queue-document.ts';
import { columnsOf, fit, inertLine } from './columns.ts';
import { elapsed } from './amounts.ts';
import { treeSigns } from '../../../domain/text/signs.ts';

export interface TrainOptions {
  readonly width: number;
  readonly paint: Paint;
  readonly now: Date;
  /** Units of this run show only their id. */
  readonly run: string | null;
  /** Lines for its units; the last one counts those that do not fit. */
  readonly rows: number;
}

/** Output that is older than this is worth a word, in seconds. */
const silenceSeconds = 60;

const styles: Readonly<Record<keyof typeof treeSigns, Style | null>> = {
  green: 'green',
  red: 'red',
  verifying: 'cyan',
  open: null,
};

export function trainLines(train: QueueTrain, options: TrainOptions): string[] {
  const label = `train ${train.train}  `;
  const indent = ' '.repeat(label.length);
  const links = train.verifications.map((verification) => verificationTexts(train, verification, options));
  const { width, paint } = options;
  return [
    ...carLines(train, label, options),
    ...links.map(({ head, silence, doing }) => {
      const begin = fit(`${indent}${head}`, width);
      const middle = fit(silence, width - columnsOf(begin));
      const end = fit(doing, width - columnsOf(begin) - columnsOf(middle));
      return `${begin}${middle === '' ? '' : paint('yellow', middle)}${end}`;
    }),
  ];
}

interface Car {
  readonly text: string;
  readonly style: Style | null;
}

function carsOf({ units, verifications }: QueueTrain, run: string | null): Car[] {
  const under = new Set(verifications.map(({ upTo }) => upTo));
  return units.map((unit, index) => {
    const sign = unit.verdict === 'open' && under.has(index + 1) ? 'verifying' : unit.verdict;
    const name = inertLine(unit.run === run ? unit.unit : `${unit.run}/${unit.unit}`);
    return { text: `${index === 0 ? '' : '→ '}${treeSigns[sign]} ${name}`, style: styles[sign] };
  });
}

/** Folded between the units, so that none is missing unless there are too few rows. */
function carLines(train: QueueTrain, label: string, { width, paint, run, rows }: TrainOptions): string[] {
  const cars = carsOf(train, run);
  const room = width - label.length;
  const lines = fold(cars, room);
  const shown = lines.slice(0, Math.max(1, rows));
  if (shown.length < lines.length) {
    const last = shown.pop() ?? [];
    const before = shown.flat().length;
    const more = (kept: number): Car => ({ text: `→ and ${cars.length - before - kept} more`, style: 'dim' });
    let kept = last.length;
    while (kept > 1 && columnsOf(textOf([...last.slice(0, kept), more(kept)])) > room) kept -= 1;
    shown.push([...last.slice(0, kept), more(kept)]);
  }
  return shown.map((line, i) => {
    const start = i === 0 ? label : ' '.repeat(label.length);
    // A single name may be too long.
    if (columnsOf(textOf(line)) > room) return fit(`${start}${textOf(line)}`, width);
    const painted = line.map(({ text, style }) => (style === null ? text : paint(style, text)));
    return `${i === 0 ? paint('bold', start) : start}${painted.join(' ')}`;
  });
}

function fold(cars: readonly Car[], room: number): Car[][] {
  const lines: Car[][] = [];
  for (const car of cars) {
    const line = lines.at(-1);
    if (line === undefined || columnsOf(textOf([...line, car])) > room) lines.push([car]);
    else line.push(car);
  }
  return lines;
}

function textOf(cars: readonly Car[]): string {
  return cars.map(({ text }) => text).join(' ');
}

/** What is verified, for how long, where, and what runs there; and if it prints nothing, since when. */
function verificationTexts(
  { units }: QueueTrain,
  { upTo, since, host, doing, outputAt, attempt, lastFailure }: QueueTrain['verifications'][number],
  { now, run }: TrainOptions,
): { readonly head: string; readonly silence: string; readonly doing: string } {
  const last = units[upTo - 1];
  const name = last === undefined ? '' : last.run === run ? last.unit : `${last.run}/${last.unit}`;
  const what = upTo === units.length ? (upTo === 1 ? 'it' : `all ${upTo}`) : `up to ${name}`;
  const tries = (attempt ?? 1) > 1 ? `, attempt ${attempt}` : '';
  const head = `verifies ${what} for ${elapsed(since, now)}${tries}`;
  if (host === null) {
    const waits = lastFailure === null ? 'waits for a host' : `to be tried again: ${lastFailure}`;
    return { head: inertLine(head), silence: '', doing: inertLine(`: ${waits}`) };
  }
  const quiet = (now.getTime() - Date.parse(outputAt ?? since)) / 1000;
  const heard =
    outputAt === null ? 'no output yet' : `no output since ${outputAt.slice(11, 19)}Z (${elapsed(outputAt, now)})`;
  return {
    head: inertLine(`${head} on ${host}`),
    silence: quiet < silenceSeconds ? '' : `, ${heard}`,
    doing: doing === null ? '' : inertLine(`: ${doing}`),
  };
}
