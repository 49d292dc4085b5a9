import { readFileSync, readdirSync } from 'node:fs';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { documentProblems } from '../e2e/check-documents.ts';
import { documentsOf } from '../../client/cli/json-option.ts';
import { generatedDocumentSchemas } from '../../client/documents/documents.ts';
import { makeProgram } from '../../client/cli/program.ts';

const folder = new URL('../../schema/documents/', import.meta.url);
const schemas = Object.entries(generatedDocumentSchemas());

function leavesOf(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);
}

describe('the schemas of documents', () => {
  it.each(schemas)('%s is what `npm run generate:schemas` writes', (name, text) => {
    expect(readFileSync(new URL(name, folder), 'utf8')).toBe(text);
  });

  it('are all there, and each belongs to a command', () => {
    const printed = leavesOf(makeProgram()).flatMap((command) => documentsOf(command));
    expect(readdirSync(folder).toSorted()).toEqual(schemas.map(([name]) => name).toSorted());
    expect(new Set(['error', ...printed].map((kind) => `${kind}.schema.json`))).toEqual(
      new Set(schemas.map(([name]) => name)),
    );
  });

  it('say of what command they are, and that the version is 1', () => {
    for (const [, text] of schemas) {
      expect(text).toMatch(/"description": "(What|A line of) /);
      expect(text).toContain('"const": 1');
    }
  });
});

describe('the commands', () => {
  /** They serve until they are stopped, and log; help is for people, completion for shells. */
  const withoutDocument = ['dev', 'worker', 'gateway', 'mcp', 'help', 'completion', 'complete-words'];

  it('name their documents wherever they have --json, and all have it that print', () => {
    for (const command of leavesOf(makeProgram())) {
      const json = command.options.some(({ long }) => long === '--json');
      expect([command.name(), documentsOf(command).length > 0, json]).toEqual([
        command.name(),
        json,
        !withoutDocument.includes(command.name()),
      ]);
    }
  });
});

describe('a printed document', () => {
  const problems = (args: string, stdout: string, code = 0) =>
    documentProblems({ args: args.split(' '), stdout, code });
  const started = '{"version":1,"run":"a"}\n';

  it('that is what its schema says has no problems', () => {
    expect(problems('run plan.yaml --detach --json', started)).toEqual([]);
    expect(problems('run plan.yaml', 'anything')).toEqual([]);
    const usage = '{"version":1,"error":{"type":"Usage","message":"m","hint":"h"}}\n';
    expect(problems('nonsense --json', usage)).toEqual([]);
    expect(problems('run plan.yaml --json', '', 130)).toEqual([]);
  });

  it.each([
    ['without its version', 'run p --json', '{"run":"a"}\n', /required.*version/],
    ['with a field that its schema does not have', 'run p --json', '{"version":1,"run":"a","x":1}\n', /additional/],
    ['with a null where there is none', 'run p --json', '{"version":1,"run":null}\n', /\/run must be string/],
    ['of another command', 'list --json', started, /runs/],
    ['beside another one', 'run p --json', started + started, /2 documents/],
    ['that is missing', 'report r --format json', '', /0 documents/],
    ['that is no JSON', 'cancel r --json', 'cancelling r\n', /not JSON/],
    [
      'deep inside',
      'plan validate p --json',
      '{"version":1,"valid":true,"units":1,"criticalPath":[1],"errors":[]}',
      /0/,
    ],
  ])('%s is found out', (_, args, stdout, problem) => {
    expect(problems(args, stdout)).toContainEqual(expect.stringMatching(problem));
  });
});
