// Reads the lines of a spec-kit tasks.md: phases, tasks with their marks, and the text around them. What they mean for
// the order is in spec-kit.ts.

export interface TaskLine {
  readonly line: number;
  /** As written: `T014`; `TXXX` in the template's last phase. */
  readonly id: string;
  readonly done: boolean;
  /** The whole box, such as `[~]`, if it is neither empty nor an x; null for all others. */
  readonly oddBox: string | null;
  /** `[P]`: may run beside its neighbours. */
  readonly parallel: boolean;
  /** Other marks: `US1`. */
  readonly marks: readonly string[];
  readonly description: string;
  /** Indented lines below it. */
  readonly details: string;
  /** Headings below the phase's that are above it; `''` without one. */
  readonly section: string;
}

export interface Phase {
  readonly title: string;
  /** What stands before its first task: its purpose. */
  readonly intro: string;
  readonly tasks: readonly TaskLine[];
}

interface Heading {
  readonly line: number;
  readonly title: string;
}

export interface TaskFile {
  /** What stands before the first phase. */
  readonly preamble: string;
  /** Those that have tasks. */
  readonly phases: readonly Phase[];
  /** Lines with a box and no task's id, outside of tasks. */
  readonly boxes: readonly number[];
  /** Headings of sections without tasks. */
  readonly otherHeadings: readonly Heading[];
  /** Headings that begin with the id of a task. */
  readonly taskHeadings: readonly Heading[];
}

/** A box holds one character, or none; an emoji may be followed by a sign that says how it looks. */
const box = /^(\s*)[-*+]\s+\[((?:[^\]]\uFE0F?)?)\]\s+(.*)$/u;
/** Beside text that names no task, a letter or a digit in brackets is a reference. */
const plainBox = /^\s*[-*+]\s+\[(?:[xX]|[^\]\p{L}\p{N}]\uFE0F?)?\]\s/u;
const mark = /^\*{0,2}\[([^\]\s]{1,20})\](?!\()\*{0,2}:?\s*/;
const taskId = /^[*`]{0,2}\[?(T-?(?:\d+(?:\.\d+)*[a-z]?|X{2,}))\]?[*`]{0,2}(?![\w-])[:.]?[*`]{0,2}\s*/i;
const heading = /^(#{1,6})\s+(.*)$/;
const listOrFence = /^\s*(?:[-*+>|]\s|\d+[.)]\s|`{3}|~{3})/;
const fence = /^\s*(`{3,}|~{3,})/;

/** Whether the text has a line of a task. */
export function hasTaskLine(text: string): boolean {
  return text.split('\n').some((line) => taskOn(line, 0, '') !== null);
}

/** The text has `\n` at the ends of its lines. */
export function readTaskFile(text: string): TaskFile {
  const lines = withoutComments(withoutFrontMatter(text)).split('\n');
  const preamble: string[] = [];
  const phases: { title: string; line: number; intro: string[]; tasks: TaskLine[] }[] = [];
  const boxes: number[] = [];
  const taskHeadings: Heading[] = [];
  let section = '';
  let closing: string | null = null;
  for (let at = 0; at < lines.length; at++) {
    const current = lines[at] ?? '';
    const phase = phases.at(-1);
    const before = phase === undefined ? preamble : phase.tasks.length === 0 && section === '' ? phase.intro : null;
    const fenced = fence.exec(current)?.[1] ?? null;
    if (closing !== null) {
      if (fenced?.startsWith(closing) === true) closing = null;
      before?.push(current);
      continue;
    }
    if (fenced !== null) {
      closing = fenced;
      before?.push(current);
      continue;
    }
    const [, signs = '', words = ''] = heading.exec(current) ?? [];
    const title = words.trim();
    if (taskId.test(title)) taskHeadings.push({ line: at + 1, title });
    if (signs.length === 2 || /^phase\b/i.test(title)) {
      phases.push({ title, line: at + 1, intro: [], tasks: [] });
      section = '';
      continue;
    }
    if (signs !== '' && phase !== undefined) {
      section = title;
      continue;
    }
    const task = taskOn(current, at + 1, section);
    if (task === null) {
      if (plainBox.test(current)) boxes.push(at + 1);
      else before?.push(current);
      continue;
    }
    const below = indentedBelow(lines, at);
    const wrapped = below.findIndex((next) => next.trim() === '' || listOrFence.test(next));
    const [same, rest] = wrapped === -1 ? [below, []] : [below.slice(0, wrapped), below.slice(wrapped)];
    const description = [task.description, ...same.map((next) => next.trim())].join(' ');
    const own = { ...task, description, details: rest.join('\n').trimEnd() };
    if (phase === undefined) phases.push({ title: '', line: at + 1, intro: [], tasks: [own] });
    else phase.tasks.push(own);
    at += below.length;
  }
  return {
    preamble: tidy(preamble),
    phases: phases
      .filter(({ tasks }) => tasks.length > 0)
      .map(({ title, intro, tasks }) => ({ title, intro: tidy(intro), tasks })),
    boxes,
    taskHeadings,
    otherHeadings: phases.filter(({ tasks }) => tasks.length === 0).map(({ line, title }) => ({ line, title })),
  };
}

function taskOn(text: string, line: number, section: string): TaskLine | null {
  const [, , sign = '', content = ''] = box.exec(text) ?? [];
  const before = marksOf(content);
  const [whole = '', id] = taskId.exec(before.rest) ?? [];
  if (id === undefined) return null;
  const after = marksOf(before.rest.slice(whole.length));
  const marks = [...before.marks, ...after.marks];
  return {
    line,
    id,
    done: /^x$/i.test(sign),
    oddBox: /^[ x]$/i.test(sign) ? null : `[${sign}]`,
    parallel: marks.includes('P'),
    marks: marks.filter((name) => name !== 'P'),
    description: after.rest.trim(),
    details: '',
    section,
  };
}

function marksOf(text: string): { readonly marks: readonly string[]; readonly rest: string } {
  const marks: string[] = [];
  let rest = text;
  for (let found = mark.exec(rest); found !== null && !taskId.test(rest); found = mark.exec(rest)) {
    marks.push(found[1] ?? '');
    rest = rest.slice(found[0].length);
  }
  return { marks, rest };
}

/** The lines below a task that are indented deeper, up to the next task: its details. */
function indentedBelow(lines: readonly string[], at: number): string[] {
  const own = indentOf(lines[at] ?? '');
  let end = at + 1;
  for (let next = end; next < lines.length; next++) {
    const text = lines[next] ?? '';
    if (text.trim() === '') continue;
    if (indentOf(text) <= own || taskOn(text, 0, '') !== null) break;
    end = next + 1;
  }
  return lines.slice(at + 1, end);
}

function indentOf(text: string): number {
  return text.replaceAll('\t', '    ').search(/\S|$/);
}

/** Lines stay where they are. A comment without an end is text. */
function withoutComments(text: string): string {
  const parts: string[] = [];
  let from = 0;
  for (let start = text.indexOf('<!--'); start !== -1; start = text.indexOf('<!--', from)) {
    const end = text.indexOf('-->', start);
    if (end === -1) break;
    parts.push(text.slice(from, start), text.slice(start, end).replaceAll(/[^\n]+/g, ''));
    from = end + '-->'.length;
  }
  return parts.join('') + text.slice(from);
}

function withoutFrontMatter(text: string): string {
  const [matter = ''] = /^---\n[^]*?\n---(?=\n|$)/.exec(text) ?? [];
  return '\n'.repeat(matter.split('\n').length - 1) + text.slice(matter.length);
}

/** Without rules across the page, and without blank lines at its ends and in a row. */
function tidy(lines: readonly string[]): string {
  const kept = lines.filter((line) => !/^\s*(?:-{3,}|\*{3,}|_{3,})\s*$/.test(line));
  return kept
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
}
