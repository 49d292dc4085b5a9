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
  const links = train.verifications.map((verification) => verificationText(train, verification, options));
  const { width, paint } = options;
  return [
    ...carLines(train, label, options),
    ...links.map(({ text, silence }) => {
      const said = fit(`${indent}${text}`, width);
      return silence === '' ? said : `${said}${paint('yellow', fit(silence, width - columnsOf(said)))}`;
    }),
  ];
}

/** Folded between the units, so that none is missing. */
function carLines(train: QueueTrain, label: string, { width, paint, run, rows }: TrainOptions): string[] {
  const room = Math.max(12, width - label.length);
  const under = new Set(train.verifications.map(({ upTo }) => upTo));
  const lines: { text: string; shown: string }[] = [];
  let line = { text: '', shown: '' };
  for (const [index, unit] of train.units.entries()) {
    const isVerifying = unit.verdict === 'open' && under.has(index + 1);
    const sign = isVerifying ? 'verifying' : unit.verdict;
    const name = inertLine(unit.run === run ? unit.unit : `${unit.run}/${unit.unit}`);
    const car = fit(`${treeSigns[sign]} ${name}`, room - 2);
    const style = styles[sign];
    const link = index === 0 ? '' : '→ ';
    const glue = line.text === '' ? link : ` ${link}`;
    const painted = style === null ? car : paint(style, car);
    if (line.text !== '' && columnsOf(`${line.text}${glue}${car}`) > room) {
      if (lines.length + 2 > rows) {
        const left = `→ and ${train.units.length - index} more`;
        line = { text: left, shown: `${fit(line.text, room - columnsOf(left) - 1)} ${left}` };
        break;
      }
      lines.push(line);
      line = { text: `${link}${car}`, shown: `${link}${painted}` };
    } else line = { text: `${line.text}${glue}${car}`, shown: `${line.shown}${glue}${painted}` };
  }
  return [...lines, line].map(({ shown }, i) => `${i === 0 ? paint('bold', label) : ' '.repeat(label.length)}${shown}`);
}

/** What is verified, for how long, where, and what runs there; and if it prints nothing, since when. */
function verificationText(
  { units }: QueueTrain,
  { upTo, since, host, doing, outputAt, attempt, lastFailure }: QueueTrain['verifications'][number],
  { now, run }: TrainOptions,
): { text: string; silence: string } {
  const last = units[upTo - 1];
  const name = last === undefined ? '' : last.run === run ? last.unit : `${last.run}/${last.unit}`;
  const what = upTo === units.length ? (upTo === 1 ? 'it' : `all ${upTo}`) : `up to ${name}`;
  const tries = (attempt ?? 1) > 1 ? `, attempt ${attempt}` : '';
  const head = `verifies ${what} for ${elapsed(since, now)}${tries}`;
  if (host === null) {
    const waits = lastFailure === null ? 'waits for a host' : `to be tried again: ${lastFailure}`;
    return { text: inertLine(`${head}: ${waits}`), silence: '' };
  }
  const text = inertLine(`${head} on ${host}${doing === null ? '' : `: ${doing}`}`);
  const quiet = (now.getTime() - Date.parse(outputAt ?? since)) / 1000;
  if (quiet < silenceSeconds) return { text, silence: '' };
  if (outputAt === null) return { text, silence: ', no output yet' };
  return { text, silence: `, no output since ${outputAt.slice(11, 19)}Z (${elapsed(outputAt, now)})` };
}
