// The agents of `npm run drill:queue`. Each unit writes one file; two units of a pair are green alone and red together,
// as `clashes` says, so only the merge queue can find out. Whoever hears of it moves its file aside, and both land.

import type { ReplyFunction } from '../../test/fakes/model-server.ts';

const thinkingMs = 300;

/** `count` unit ids, of which each two in a row make a pair, up to `pairs`. */
export function unitIds(count: number, pairs: number): string[] {
  const paired = Array.from({ length: pairs }, (_, n) => [`pair-${n + 1}-a`, `pair-${n + 1}-b`]).flat();
  const lone = Array.from({ length: Math.max(0, count - paired.length) }, (_, n) => `lone-${n + 1}`);
  return [...paired, ...lone];
}

/** Whether both units of a pair are among the files, and neither has moved. */
export function clashes(files: readonly string[]): boolean {
  return files.some((file) => file.endsWith('-a') && files.includes(`${file.slice(0, -1)}b`));
}

/** The unit that wrote a file. */
export function unitOf(file: string): string {
  return file.replace(/-moved$/, '');
}

export const reply: ReplyFunction = ({ user, messages }) => {
  const unit = user.split('/').at(-1) ?? '';
  const [last, file] = [messages.at(-1), `units/${unit}`];
  const isAnswerOfTool = JSON.stringify(last?.content ?? '').includes('tool_result');
  const isDone = isAnswerOfTool && !JSON.stringify(last).includes('interrupted, outcome unknown');
  if (isDone) return { text: 'Done.', delayMs: thinkingMs };
  const isReturned = JSON.stringify(messages).includes('it failed without a reason');
  const command = isReturned
    ? `[ ! -e ${file} ] || mv ${file} ${file}-moved`
    : `mkdir -p units; [ -e ${file}-moved ] || echo ${unit} > ${file}`;
  return { tools: [{ name: 'bash', input: { command } }], delayMs: thinkingMs };
};
