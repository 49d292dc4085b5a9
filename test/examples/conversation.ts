// A session of the demo without Coppice: runs the scripted model's tool calls in a library's folder and returns their
// results to it, until it ends its turn.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Action, Edit } from '../../examples/demo/actions.ts';
import type { Library } from './library.ts';
import type { ModelMessage } from '../fakes/model-request.ts';
import { env } from './library.ts';
import { reply } from '../../examples/demo/scripted-model.ts';

/** When the host of a session dies; the model is told the same either way. */
export type Loss = 'before its tools ran' | 'after its tools ran';

export class Conversation {
  readonly messages: ModelMessage[];
  private readonly library: Library;
  private readonly unit: string;

  constructor(library: Library, unit: string, before: readonly ModelMessage[] = [text(`Do ${unit}.`)]) {
    this.library = library;
    this.unit = unit;
    this.messages = [...before];
  }

  say(words: string): void {
    this.messages.push(text(words));
  }

  /** With `lost`, the host dies in every other turn. */
  play(lost: Loss | null = null): void {
    for (let turn = 0; this.step(turn % 2 === 0 ? lost : null); turn++) {
      if (turn > 20) throw new Error(`${this.unit} does not end`);
    }
  }

  /** One answer of the model; false when it ended its turn. */
  step(lost: Loss | null = null): boolean {
    const answer = reply({ user: `coppice/r/${this.unit}`, turn: 0, messages: this.messages, ...unread });
    const tools = (answer.tools ?? []) as readonly Action[];
    const calls = tools.map(({ name, input }, i) => ({
      type: 'tool_use',
      id: `${this.messages.length}-${i}`,
      name,
      input,
    }));
    this.messages.push({ role: 'assistant', content: [{ type: 'text', text: answer.text ?? '' }, ...calls] });
    if (tools.length === 0) return false;
    const results = tools.map((action, i) => {
      const output = lost === 'before its tools ran' ? '' : runAction(this.library.folder, action);
      const content = lost === null ? output : 'interrupted, outcome unknown: check first';
      return { type: 'tool_result', tool_use_id: calls[i]?.id, content };
    });
    this.messages.push({ role: 'user', content: results });
    return true;
  }
}

/** What the script does not look at. */
const unread = { model: 'm', system: '', tools: [], raw: '', key: '' };

function text(words: string): ModelMessage {
  return { role: 'user', content: [{ type: 'text', text: words }] };
}

function runAction(folder: string, action: Action): string {
  if (action.name === 'str_replace_based_edit_tool') return applyEdit(folder, action.input);
  return spawnSync('bash', ['-c', action.input.command], { cwd: folder, env, encoding: 'utf8' }).stdout;
}

function applyEdit(folder: string, edit: Edit): string {
  const path = edit.path.replace(/^\/work/, folder);
  if (edit.command === 'create') {
    writeFileSync(path, edit.file_text);
    return 'created';
  }
  const [before = '', ...after] = readFileSync(path, 'utf8').split(edit.old_str);
  if (after.length !== 1) return 'Error: no match, or many';
  writeFileSync(path, before + edit.new_str + after.join(''));
  return 'edited';
}
