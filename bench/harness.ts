// A bench is a script that measures pairs, ours and a baseline, in one run: alternating, several times, so that
// disturbances of the machine affect both sides. It prints one table, and a line about the machine and the commit.
//
//   node bench/NAME.ts [--quick] [--json] [--repetitions N]
//
// `--quick` runs tiny sizes once, to see that it works, never for figures. Progress goes to stderr. `npm run bench`
// runs every bench in its own process (bench/run.ts). Figures are reported, never asserted: no test fails because of a
// time.

import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { painterFor, widthOf } from '../client/cli/present/colour.ts';
import { tableLines } from '../client/cli/present/table.ts';
import type { Machine } from './parts/machine.ts';
import { describeCommit, describeMachine, machineLine } from './parts/machine.ts';
import type { Pair, Row, RowResult } from './parts/figures.ts';
import { cellsOf, columns, judgeRow } from './parts/figures.ts';

export interface Bench<Name extends string> {
  /** The script's name without its extension. */
  readonly name: string;
  /** One sentence: what is measured, and against what. */
  readonly about: string;
  readonly repetitions: number;
  /** In the order of the table; their names are the keys of the sides' figures. */
  readonly rows: Readonly<Record<Name, Row>>;
  /** Prepares once what both sides need before the clock starts. */
  open(setting: Setting): Promise<Sides<Name>>;
  /** Why it cannot be measured on this machine; null = it can. */
  lacks?(): Promise<string | null>;
}

export interface Setting {
  readonly quick: boolean;
  /** Adds a line below the table: sizes, and where the time went. The same text is printed only once. */
  note(text: string): void;
}

/** One figure per row. A row without figures is left out, and a note says why. */
export type Figures<Name extends string> = Readonly<Partial<Record<Name, number>>>;

export interface Sides<Name extends string> {
  /** `repetition` counts from 1 and is the same on both sides of a pair. */
  ours(repetition: number): Promise<Figures<Name>>;
  baseline(repetition: number): Promise<Figures<Name>>;
  close?(): Promise<void>;
}

/** The document that `--json` prints. */
export interface BenchResult {
  readonly version: 1;
  readonly bench: string;
  readonly about: string;
  readonly at: string;
  readonly quick: boolean;
  readonly machine: Machine;
  readonly commit: string | null;
  readonly rows: readonly RowResult[];
  readonly notes: readonly string[];
  /** Why nothing was measured; null if something was. */
  readonly lacks: string | null;
}

/** Reads the process's arguments, measures, prints, and exits. */
export async function runBench<Name extends string>(bench: Bench<Name>): Promise<never> {
  const { values } = parseArgs({
    options: { quick: { type: 'boolean' }, json: { type: 'boolean' }, repetitions: { type: 'string' } },
  });
  const quick = values.quick === true;
  const repetitions = quick ? 1 : Number(values.repetitions ?? bench.repetitions);
  if (!Number.isInteger(repetitions) || repetitions < 1)
    throw new Error('--repetitions must be a whole number above 0');
  const result = await measure(bench, { quick, repetitions });
  process.stdout.write(values.json === true ? `${JSON.stringify(result)}\n` : benchText(result));
  // Servers and workers of a bench must not keep it alive.
  process.exit(0);
}

/** Of the last minute: what else the machine does shows in the figures. */
function loadText(): string {
  return (loadavg()[0] ?? 0).toFixed(1);
}

interface Effort {
  readonly quick: boolean;
  readonly repetitions: number;
}

async function measure<Name extends string>(bench: Bench<Name>, effort: Effort): Promise<BenchResult> {
  const { name, about } = bench;
  const notes = new Set<string>();
  const lacks = (await bench.lacks?.()) ?? null;
  const note = (text: string): void => void notes.add(text);
  const before = loadText();
  const rows = lacks === null ? await measureRows(bench, effort, note) : [];
  note(`load average: ${before} at the beginning, ${loadText()} at the end, with ${availableParallelism()} cores`);
  return {
    version: 1,
    bench: name,
    about,
    at: new Date().toISOString(),
    quick: effort.quick,
    machine: describeMachine(),
    commit: describeCommit(),
    rows,
    notes: [...notes],
    lacks,
  };
}

async function measureRows<Name extends string>(
  bench: Bench<Name>,
  { quick, repetitions }: Effort,
  note: Setting['note'],
): Promise<RowResult[]> {
  const sides = await bench.open({ quick, note });
  const measured: { ours: Figures<Name>; baseline: Figures<Name> }[] = [];
  try {
    for (let repetition = 1; repetition <= repetitions; repetition++) {
      process.stderr.write(`${bench.name}: repetition ${repetition} of ${repetitions}\n`);
      measured.push(await measurePair(sides, repetition));
    }
  } finally {
    await sides.close?.();
  }
  // The keys are the names that the bench gave.
  return (Object.keys(bench.rows) as Name[]).flatMap((name) => {
    const pairs = measured.flatMap(({ ours, baseline }): Pair[] => {
      const [mine, other] = [ours[name], baseline[name]];
      return mine === undefined || other === undefined ? [] : [{ ours: mine, baseline: other }];
    });
    return pairs.length === 0 ? [] : [judgeRow(name, bench.rows[name], pairs)];
  });
}

/** The sides take turns in going first, so that a machine that warms up or slows down favours neither. */
async function measurePair<Name extends string>(sides: Sides<Name>, repetition: number) {
  if (repetition % 2 === 1) {
    const ours = await sides.ours(repetition);
    return { ours, baseline: await sides.baseline(repetition) };
  }
  const baseline = await sides.baseline(repetition);
  return { ours: await sides.ours(repetition), baseline };
}

export function benchText({ bench, about, quick, machine, commit, at, rows, notes, lacks }: BenchResult): string {
  const { stdout } = process;
  const repetitions = rows[0]?.pairs.length ?? 0;
  const how = quick ? 'quick form: no figures to quote' : `median (min–max) of ${repetitions} pairs`;
  // Tiny sizes are not judged.
  const cells = [columns, ...rows.map(cellsOf)].map((row) => (quick ? row.slice(0, 4) : row));
  const table = tableLines(cells, {
    width: widthOf(stdout),
    paint: painterFor(stdout),
    shrink: [],
  });
  return [
    `${bench}: ${about}`,
    ...(lacks === null ? ['', ...table.map((line) => `  ${line}`), ''] : [`  not measured: ${lacks}`]),
    ...notes.map((note) => `  ${note}`),
    ...(lacks === null ? [`  ${how}`] : []),
    `  ${at.slice(0, 10)}, ${machineLine(machine, commit)}`,
    '',
  ].join('\n');
}
