// `coppice queue …`: the merge queue of a branch, and what people do at its switch.

import { type Command, InvalidArgumentError, Option } from 'commander';
import type { BranchQueue, QueueDocument, QueueRequest } from '../../types.ts';
import { followQueue } from '../follow-queue.ts';
import { jsonOption } from '../json-option.ts';
import { makeOutput } from '../output.ts';
import { mostViewed } from '../../../contracts/queue-view.ts';
import { originHere } from '../origin.ts';
import { priorities } from '../../../domain/queue/entry.ts';
import { inertLine } from '../present/columns.ts';
import { numberBetween } from '../numbers.ts';
import { queueText } from '../present/queue.ts';
import { withCoppice } from '../session.ts';

interface Where {
  readonly repo?: string;
  readonly branch?: string;
  readonly json?: boolean;
}

interface EntryName {
  readonly run: string;
  readonly unit: string;
}

const priority = numberBetween(priorities.lowest, priorities.highest);
const range = `from ${priorities.lowest} to ${priorities.highest}`;

export function addQueue(program: Command): void {
  const queue = program.command('queue').description('the merge queue of a branch');
  addList(queue);
  addSwitches(queue);
  addEntryCommands(queue);
}

interface ListOptions extends Where {
  readonly watch?: boolean;
  readonly limit?: number;
  readonly run?: string;
}

function addList(queue: Command): void {
  at(queue.command('list'))
    .description('list what is in the merge queue, in landing order, what is verified, and why what waits waits')
    .option('--watch', 'follow it until Ctrl-C')
    .option('--limit <n>', 'entries that are listed (default: 200)', numberBetween(1, mostViewed))
    .option('--run <run>', 'list only entries of this run: any unique part of its id, or @latest')
    .addOption(jsonOption(['queue'], 'print JSON; with --watch one document per line'))
    .addHelpText(
      'after',
      examples(
        'coppice queue list',
        'coppice queue list --watch',
        'coppice queue list --repo git@example.com:team/app.git --branch main',
      ),
    )
    .action(async ({ watch = false, json = false, limit, run, ...where }: ListOptions) => {
      const output = makeOutput(process, json);
      await withCoppice(async (coppice) => {
        const only = run === undefined ? undefined : await coppice.run(run);
        const { repository, branch } = await placeOf(where, only?.target);
        const found = await coppice.queue(repository, branch, {
          ...(limit === undefined ? {} : { limit }),
          ...(only === undefined ? {} : { run: only.id }),
        });
        if (watch) await followQueue(found, output);
        else if (json) output.document('queue', withoutMethods(found));
        else output.text(queueText(found, process.stdout));
      });
    });
}

function addSwitches(queue: Command): void {
  at(queue.command('pause'))
    .description('land nothing until the queue is resumed')
    .option('--reason <text>', 'why, for everybody who looks at the queue')
    .addOption(
      new Option('--above <priority>', `land what has at least this priority all the same, ${range}`).argParser(
        priority,
      ),
    )
    .addOption(jsonOption(['queue-action']))
    .addHelpText(
      'after',
      [
        '\nWhat is being verified is verified to its end, and lands when the queue is resumed. A push that is on its way arrives.',
        examples('coppice queue pause --reason "release freeze"', 'coppice queue pause --above 5'),
      ].join('\n'),
    )
    .action(({ reason, above, ...where }: Where & { reason?: string; above?: number }) =>
      steer(where, {
        type: 'pause',
        ...(reason === undefined ? {} : { reason }),
        ...(above === undefined ? {} : { above }),
      }),
    );
  at(queue.command('resume'))
    .description('end a pause, or a drain')
    .addOption(jsonOption(['queue-action']))
    .addHelpText('after', examples('coppice queue resume'))
    .action((where: Where) => steer(where, { type: 'resume' }));
  at(queue.command('drain'))
    .description('land what is in the queue, and take nothing new until it is resumed')
    .addOption(jsonOption(['queue-action']))
    .addHelpText('after', examples('coppice queue drain'))
    .action((where: Where) => steer(where, { type: 'drain' }));
}

function addEntryCommands(queue: Command): void {
  const name = 'run and unit, such as 261124-k3x9/parse-duration; any unique part of the run’s id will do';
  at(queue.command('bump'))
    .description('let an entry that waits overtake others, or fall behind')
    .argument('<entry>', name, entryName)
    .addOption(
      new Option('--priority <n>', `its new priority, ${range} (default: above all that wait)`).argParser(priority),
    )
    .addOption(jsonOption(['queue-action']))
    .addHelpText(
      'after',
      [
        '\nNothing overtakes what is in flight. Without --repo, the queue is that of the run.',
        examples('coppice queue bump k3x9/parse-duration', 'coppice queue bump k3x9/parse-duration --priority -5'),
      ].join('\n'),
    )
    .action((entry: EntryName, { priority: given, ...where }: Where & { priority?: number }) =>
      steer(where, { type: 'bump', ...(given === undefined ? {} : { priority: given }) }, entry),
    );
  at(queue.command('eject'))
    .description('take an entry out of the queue; its unit fails')
    .argument('<entry>', name, entryName)
    .option('--reason <text>', 'why, for the report of the run')
    .addOption(jsonOption(['queue-action']))
    .addHelpText(
      'after',
      [
        '\nWhat is in flight above it is built again without it. A landing in progress cannot be taken back. Without --repo,',
        'the queue is that of the run. `coppice retry RUN UNIT` begins the unit anew.',
        examples('coppice queue eject k3x9/parse-duration --reason "breaks the mobile build"'),
      ].join('\n'),
    )
    .action((entry: EntryName, { reason, ...where }: Where & { reason?: string }) =>
      steer(where, { type: 'eject', ...(reason === undefined ? {} : { reason }) }, entry),
    );
}

function at(command: Command): Command {
  return command
    .option('--repo <url>', 'the repository (default: the current clone’s origin)')
    .option('--branch <branch>', 'the target branch (default: the one that a run would land on)');
}

function examples(...lines: string[]): string {
  return `\nExample${lines.length === 1 ? '' : 's'}:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;
}

type Request = QueueRequest extends infer Each
  ? Each extends QueueRequest
    ? Omit<Each, 'run' | 'unit'>
    : never
  : never;

async function steer({ json = false, ...where }: Where, request: Request, entry?: EntryName): Promise<void> {
  const output = makeOutput(process, json);
  await withCoppice(async (coppice) => {
    const run = entry === undefined ? undefined : await coppice.run(entry.run, { changing: true });
    const { repository, branch } = await placeOf(where, run?.target);
    const about = entry === undefined || run === undefined ? {} : { run: run.id, unit: entry.unit };
    const action = await coppice.steerQueue(repository, branch, { ...request, ...about } as QueueRequest);
    if (json) output.document('queue-action', action);
    else output.text(inertLine(action.done));
  });
}

interface Target {
  readonly repository: string;
  readonly branch: string;
}

/** What the options name; else where the run lands; else the queue of the clone here. */
async function placeOf(
  { repo, branch }: Where,
  target: Target | undefined,
): Promise<{ readonly repository: string; readonly branch: string | null }> {
  const repository = repo ?? target?.repository ?? (await originHere());
  return { repository, branch: branch ?? (repo === undefined ? target?.branch : undefined) ?? null };
}

function withoutMethods(queue: BranchQueue): QueueDocument {
  const { id: _, refresh: _refresh, watch: _watch, steer: _steer, ...document } = queue;
  return document;
}

function entryName(text: string): EntryName {
  const [run = '', unit = '', ...more] = text.split('/');
  if (run === '' || unit === '' || more.length > 0) {
    throw new InvalidArgumentError('It must be a run and a unit with a slash between them, such as 261124-k3x9/parse.');
  }
  return { run, unit };
}
