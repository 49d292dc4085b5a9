// Checks the output of commands with `--json` against the schemas in schema/documents/, which users rely on. Stricter
// than for users: a field that the schema does not name is an error here. Called for every command that an end-to-end
// test runs.

import { readFileSync } from 'node:fs';
import type { AnySchemaObject, ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Command } from 'commander';
import { documentsOf } from '../../client/cli/json-option.ts';
import { makeProgram } from '../../client/cli/program.ts';

const ajv = new Ajv2020({ allErrors: true, validateFormats: false });
const validators = new Map<string, ValidateFunction>();
const program = makeProgram();

interface Printed {
  readonly args: readonly string[];
  readonly stdout: string;
  /** 130 ends in the middle of things. */
  readonly code: number;
}

/** What is wrong with what a command printed; nothing for one that was not asked for JSON. */
export function documentProblems({ args, stdout, code }: Printed): string[] {
  const format = args.indexOf('--format');
  if (!args.includes('--json') && (format === -1 || args[format + 1] !== 'json')) return [];
  const lines = stdout.split('\n').filter(Boolean);
  const many = args.includes('--watch') || args.includes('--follow') || args[0] === 'logs';
  const wrongNumber = !many && lines.length !== 1 && code !== 130;
  return [
    ...(wrongNumber ? [`${lines.length} documents in place of one`] : []),
    ...lines.flatMap((line) => lineProblems(line, documentsOf(commandOf(args)))),
  ];
}

function lineProblems(line: string, kinds: readonly string[]): string[] {
  let document: unknown;
  try {
    document = JSON.parse(line);
  } catch {
    return [`not JSON: ${line}`];
  }
  const isError = typeof document === 'object' && document !== null && 'error' in document;
  const asked = isError ? ['error'] : kinds;
  if (asked.length === 0) return ['the command names no kind of document'];
  const problems = asked.map((kind) => ({ kind, errors: validatorOf(kind, document) }));
  if (problems.some(({ errors }) => errors.length === 0)) return [];
  return problems.flatMap(({ kind, errors }) => errors.map((error) => `as ${kind}: ${error}`));
}

function validatorOf(kind: string, document: unknown): string[] {
  const known = validators.get(kind) ?? ajv.compile(closed(readSchema(kind)));
  validators.set(kind, known);
  if (known(document)) return [];
  return (known.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message ?? ''} ${JSON.stringify(params)}`,
  );
}

function readSchema(kind: string): AnySchemaObject {
  const text = readFileSync(new URL(`../../schema/documents/${kind}.schema.json`, import.meta.url), 'utf8');
  return JSON.parse(text) as AnySchemaObject;
}

/** The same schema without room for other fields. */
function closed(schema: unknown): AnySchemaObject {
  const copy = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(copy);
    if (typeof value !== 'object' || value === null) return value;
    const inner = Object.fromEntries(Object.entries(value).map(([key, below]) => [key, copy(below)]));
    return 'properties' in inner && 'type' in inner ? { additionalProperties: false, ...inner } : inner;
  };
  return copy(schema) as AnySchemaObject;
}

function commandOf(args: readonly string[]): Command {
  let command: Command = program;
  for (const name of args) {
    const next = command.commands.find((candidate) => candidate.name() === name);
    if (next === undefined) break;
    command = next;
  }
  return command;
}
