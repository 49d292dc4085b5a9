// The files of a plan commit: the plan as it is run, the pinned configuration, and where a session or a person has made the
// plan, the plan as they wrote it and what they said of it.

import { z } from 'zod';
import type { Config } from '../../contracts/documents/config.ts';
import type { Plan, PlanDocument } from '../../contracts/documents/plan.ts';
import type { PlanningNotes } from '../../contracts/documents/planning.ts';
import { codecOf } from './codec.ts';
import { configCodec, configFile, planCodec, planFile } from './plan.ts';
import { readYaml } from '../yaml/document.ts';
import { writePlan } from '../plan-file/plan-text.ts';

/** The plan in the format of plan files, for people. */
export const planTextFile = 'plan.yaml';
export const planningFile = 'planning.json';
/** The tables that `forEach` of a plan names, if a host is to make its units. */
export const tablesFile = 'tables.json';

const tables = z.record(z.string(), z.string());

export function writeTables(texts: ReadonlyMap<string, string>): string {
  return JSON.stringify(Object.fromEntries(texts));
}

/** `text`: null = there are none. */
export function readTables(text: string | null | undefined): ReadonlyMap<string, string> {
  return new Map(text === null || text === undefined ? [] : Object.entries(tables.parse(JSON.parse(text))));
}

export const planningCodec = codecOf<PlanningNotes>()({
  name: planningFile,
  version: 1,
  since: '0.1.0',
  schema: z.object({ why: z.string(), lookedAt: z.array(z.string()), warnings: z.array(z.string()) }),
});

interface Written {
  readonly plan: Plan;
  readonly config: Config;
  /** The plan as it was written: YAML or JSON that the parser has accepted. */
  readonly text: string;
  /** Of the session that has written it; absent = a person has. */
  readonly made?: PlanningNotes;
  /** Of the session that wrote the plan before a person changed it; absent = none did. */
  readonly notes?: PlanningNotes;
}

export function planFilesOf({ plan, config, text, made, notes = made }: Written): Readonly<Record<string, string>> {
  return {
    [planFile]: planCodec.write(plan),
    [configFile]: configCodec.write(config),
    [planTextFile]: made === undefined ? text : planText(text, plan.goal, made),
    ...(notes === undefined ? {} : { [planningFile]: planningCodec.write(notes) }),
  };
}

function planText(text: string, goal: string, { why, warnings }: PlanningNotes): string {
  const given = readYaml(text, 'plan').value as PlanDocument;
  const { version, goal: named = goal, ...rest } = given;
  const head = [...(why === '' ? [] : why.split('\n')), ...warnings.map((warning) => `Warning: ${warning}`)];
  return writePlan({ version, goal: named, ...rest }, head);
}
