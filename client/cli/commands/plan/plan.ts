// `coppice plan`: works with plans, in files and of runs. Each command is a file beside this one.

import type { Command } from 'commander';
import { addEdit } from './edit.ts';
import { addImport } from './import.ts';
import { addMake } from './make.ts';
import { addShow } from './show.ts';
import { addValidate } from './validate.ts';

export function addPlan(program: Command): void {
  const plan = program.command('plan').description('work with plans');
  for (const add of [addMake, addValidate, addShow, addEdit, addImport]) add(plan);
}
