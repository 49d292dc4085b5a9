// Rules about commands for tests.

import type { ToolRule } from '../../../formats/commands/judge.ts';
import { readToolPattern, type ToolPattern } from '../../../formats/commands/patterns.ts';

export function toolPattern(text: string): ToolPattern {
  const reading = readToolPattern(text);
  if (reading.kind === 'error') throw new Error(`${text} ${reading.message}`);
  return reading.pattern;
}

/** A rule about commands of `bash`. */
export function rule(decide: ToolRule['decide'], ...commands: readonly string[]): ToolRule {
  return { decide, patterns: commands.map((command) => toolPattern(`bash(${command})`)) };
}
