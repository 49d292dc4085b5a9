// A run's board for people: messages, notes and claims, and what has come since an earlier look. All of it is text of
// agents, so every line is made inert.

import type { HeardMessage } from '../../../contracts/board-view.ts';
import type { Paint, TextStream } from './colour.ts';
import type { RunBoard } from '../../watch/run-board.ts';
import { andMore } from '../../../domain/text/shown-paths.ts';
import { inertLine, inertLines } from './columns.ts';
import { painterFor } from './colour.ts';
import { timeOf } from './amounts.ts';

type Message = RunBoard['messages'][number];
type Note = RunBoard['notes'][number];

const recipientsShown = 5;

export function boardText(board: RunBoard, stream: TextStream): string {
  const paint = painterFor(stream);
  const { messages, total, notes, claims } = board;
  if (total + notes.length + claims.length === 0) return `the agents of ${board.run} have told each other nothing`;
  const gone = total - messages.length;
  const sections = [
    messages.flatMap((message) => messageLines(message, paint)),
    ...(gone > 0 ? [[paint('dim', `${gone} earlier or heard messages are no longer kept`)]] : []),
    notes.flatMap((note) => noteLines(note, paint)),
    claims.map(({ unit, path }) => `${paint('bold', inertLine(unit))} has claimed ${inertLine(path)}`),
  ].filter((lines) => lines.length > 0);
  return sections.map((lines) => lines.join('\n')).join('\n\n');
}

/** What `now` has that `before` has not; empty = nothing that people would read. */
export function boardNews(before: RunBoard, now: RunBoard, stream: TextStream): string {
  const paint = painterFor(stream);
  const last = before.total;
  const messages = now.messages.filter(({ number }) => number > last);
  const notes = now.notes.filter((note) => !before.notes.some(({ key, at }) => key === note.key && at === note.at));
  const claims = now.claims.filter(
    (claim) => !before.claims.some(({ unit, path }) => unit === claim.unit && path === claim.path),
  );
  return [
    ...messages.flatMap((message) => messageLines({ ...message, open: [] }, paint)),
    ...notes.flatMap((note) => noteLines(note, paint)),
    ...claims.map(({ unit, path }) => `${paint('bold', inertLine(unit))} has claimed ${inertLine(path)}`),
  ].join('\n');
}

function messageLines(message: Message, paint: Paint): string[] {
  const { number, at, text, open } = message;
  const head = `${paint('bold', `${number}  ${inertLine(routeOf(message))}`)}  ${paint('dim', timeOf(at))}`;
  const waiting = open.length === 0 ? [] : [paint('dim', `  not heard yet: ${names(open)}`)];
  return [head, ...inertLines(text).map((line) => `  ${line}`.trimEnd()), ...waiting];
}

function routeOf({ from, to, path }: HeardMessage): string {
  return `${from ?? 'coppice'} → ${names(to)}${path === undefined ? '' : `, about ${path}`}`;
}

function noteLines({ key, text, by, at }: Note, paint: Paint): string[] {
  const head = `${paint('cyan', `note ${inertLine(key)}`)}  ${paint('dim', inertLine(`${by}  ${timeOf(at)}`))}`;
  return [head, ...inertLines(text).map((line) => `  ${line}`.trimEnd())];
}

function names(units: readonly string[]): string {
  return andMore(
    units.map((unit) => inertLine(unit)),
    recipientsShown,
  );
}
