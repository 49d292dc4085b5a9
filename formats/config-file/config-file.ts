// Reads coppice.yaml: text in; out comes a Config with every default filled in, or every error at once. Called where a
// run starts and where the queue builds on a commit; uses zod and yaml, so never by workflow code.

import type {
  AgentConfig,
  Config,
  QueueConfig,
  SetupCommand,
  VerifyCommand,
} from '../../contracts/documents/config.ts';
import type { ConfigFile } from './schema.ts';
import type { Place, PlacedError } from '../yaml/placed-error.ts';
import type { YamlDocument } from '../yaml/document.ts';
import { checkShape } from '../yaml/check-shape.ts';
import { configSchema } from './schema.ts';
import {
  defaultConfig as defaults,
  defaultPlanning,
  defaultReview,
  defaultTimeouts,
} from '../../contracts/documents/config.ts';
import { isUserGroup } from '../../domain/approval/user-groups.ts';
import { inFileOrder } from '../yaml/placed-error.ts';
import { circleOf, resolveNotify, resolvePeople, withOneSpelling } from './people.ts';
import { unmailedGroups } from './unmailed-groups.ts';
import { misplacedOwners, reservedNames, resolveOwners } from './owners.ts';
import { needsOwners } from '../policy/code-owners.ts';
import { codeownersGroup } from '../../contracts/people.ts';
import { deadRules } from './dead-rules.ts';
import { toRule } from './policy.ts';
import { unanswerableRules } from './rule-people.ts';
import { quote, suggest } from '../yaml/wording.ts';
import { readYaml } from '../yaml/document.ts';
import { recordOf } from '../values.ts';
import { secondsOf } from '../yaml/fields.ts';

export const maxConfigBytes = 256 * 1024;

export type ParsedConfig =
  | { readonly config: Config; readonly errors?: never }
  | { readonly config?: never; readonly errors: readonly PlacedError[] };

type ReadConfig =
  | { readonly data: ConfigFile; readonly errors?: never }
  | { readonly data?: never; readonly errors: readonly PlacedError[] };

/** An empty file means the defaults. `file` is the name that errors carry. */
export function parseConfig(text: string, file: string): ParsedConfig {
  const { data, errors } = readConfig(text, file);
  return data === undefined ? { errors } : { config: toConfig(data) };
}

/**
 * The branch's configuration with `agent`, `run`, `worktree` and `sandbox` from another file (`--config`). A section in
 * the file replaces the whole section; a section that it lacks stays. Its other sections are checked and ignored.
 */
export function overrideConfig(branch: Config, text: string, file: string): ParsedConfig {
  const { data, errors } = readConfig(text, file);
  if (data === undefined) return { errors };
  const { agent, run, worktree, sandbox } = toConfig(data);
  return {
    config: {
      ...branch,
      ...(data.agent === undefined ? {} : { agent }),
      ...(data.run === undefined ? {} : { run }),
      ...(data.worktree === undefined ? {} : { worktree }),
      ...(data.sandbox === undefined ? {} : { sandbox }),
    },
  };
}

/** Where a file has a value, or else its section; null if the file does not have the section. */
export function placeInConfig(text: string, file: string, path: readonly [section: string, key: string]): Place | null {
  const document = readYaml(text, file);
  return recordOf(document.value)[path[0]] === undefined ? null : document.place([...path]);
}

function readConfig(text: string, file: string): ReadConfig {
  if (Buffer.byteLength(text) > maxConfigBytes) {
    return { errors: [{ at: { file, line: 1, column: 1 }, message: 'the file is larger than 256 KiB' }] };
  }
  const document = readYaml(text, file);
  if (document.value === undefined) return { errors: inFileOrder(document.errors) };
  const value = document.value ?? {};
  const { data, errors } = checkShape(configSchema, value, document);
  const about = checks.flatMap((errorsOf) => errorsOf(value, document));
  const all = [...document.errors, ...errors, ...about];
  return data === null || all.length > 0 ? { errors: inFileOrder(all) } : { data };
}

/** What a file says of people. A rule is only judged by them if its groups exist. */
const checks = [unknownGroups, circles, reservedNames, unmailedGroups, groupsAsPersons, unanswerableRules, deadRules];

/** Accepts data whose shape may be wrong elsewhere, so that a user sees all errors together. */
function unknownGroups(value: unknown, document: YamlDocument): PlacedError[] {
  const people = recordOf(recordOf(value)['people']);
  const groups = Object.keys(people);
  const unknown = (
    names: unknown,
    path: readonly (string | number)[],
    where: string,
    known: readonly string[] = groups,
  ): PlacedError[] =>
    listOf(names).flatMap((name, n) => {
      if (typeof name !== 'string' || known.includes(name)) return [];
      const message =
        misplacedOwners(name, where) ??
        `${where} names ${quote(name)}, which is not a group of people${suggest(name, known)}`;
      return [{ at: document.place([...path, n]), message }];
    });
  const inRules = listOf(recordOf(value)['policy']).flatMap((rule, index) => [
    ...unknown(recordOf(rule)['by'], ['policy', index, 'by'], `policy[${index}].by`, [...groups, codeownersGroup]),
    ...unknown(
      recordOf(recordOf(rule)['escalate'])['to'],
      ['policy', index, 'escalate', 'to'],
      `policy[${index}].escalate.to`,
    ),
  ]);
  const inPeople = Object.entries(people).flatMap(([name, group]) =>
    unknown(recordOf(group)['members'], ['people', name, 'members'], `people.${name}.members`),
  );
  const inMail = unknown(
    recordOf(recordOf(recordOf(value)['notify'])['email'])['to'],
    ['notify', 'email', 'to'],
    'notify.email.to',
  );
  return [...inRules, ...inPeople, ...inMail];
}

/** Groups that contain themselves. */
function circles(value: unknown, document: YamlDocument): PlacedError[] {
  const people = recordOf(recordOf(value)['people']);
  return Object.keys(people).flatMap((name) => {
    const circle = circleOf(name, (each) => listOf(recordOf(people[each])['members']));
    if (circle === null) return [];
    const message = `people.${name}.members contains itself: ${circle.join(' → ')}`;
    return [{ at: document.place(['people', name, 'members']), message }];
  });
}

/** A user group is more than one person. */
function groupsAsPersons(value: unknown, document: YamlDocument): PlacedError[] {
  return Object.entries(recordOf(recordOf(value)['people'])).flatMap(([name, entry]) => {
    const { person, slack } = recordOf(entry);
    if (person !== true) return [];
    return listOf(slack).flatMap((id, index) => {
      if (typeof id !== 'string' || !isUserGroup(id)) return [];
      const where = `people.${name}.slack[${index}]`;
      const message = `${where} is a user group, and ${quote(name)} is one person (person: true): put it into another entry`;
      return [{ at: document.place(['people', name, 'slack', index]), message }];
    });
  });
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function toConfig(file: ConfigFile): Config {
  const entries = withOneSpelling(file.people ?? {});
  const people = resolvePeople(entries);
  const policy = file.policy?.map(toRule) ?? defaults.policy;
  return {
    branch: file.branch ?? defaults.branch,
    setup: toSetup(file.setup),
    verify: toVerify(file.verify),
    env: file.env ?? {},
    agent: toAgent(file.agent),
    run: fill(defaults.run, withMaxSeconds(file.run)),
    worktree: fill(defaults.worktree, file.worktree),
    sandbox: fill(defaults.sandbox, withSeconds(file.sandbox)),
    landing: fill(defaults.landing, file.landing),
    queue: toQueue(file.queue),
    policy,
    ...people,
    ...(needsOwners(policy) ? { owners: resolveOwners(entries, people) } : {}),
    notify: resolveNotify(file.notify ?? {}, people.people),
  };
}

function toAgent(agent: ConfigFile['agent']): AgentConfig {
  const { planning, review, ...rest } = agent ?? {};
  return {
    ...fill(defaults.agent, withMaxSeconds(rest)),
    planning: fill(defaultPlanning, planning),
    ...(review === undefined ? {} : { review: fill(defaultReview, review) }),
  };
}

function toSetup(setup: ConfigFile['setup']): SetupCommand | null {
  if (setup === undefined) return defaults.setup;
  const given = typeof setup === 'string' ? { run: setup } : setup;
  const { run, network = false, timeout = defaultTimeouts.setup, inputs } = given;
  return { run, network, timeoutSeconds: secondsOf(timeout), ...(inputs === undefined ? {} : { inputs }) };
}

function toVerify(verify: ConfigFile['verify']): readonly VerifyCommand[] {
  if (verify === undefined) return defaults.verify;
  return (typeof verify === 'string' ? [verify] : verify).map((item) => {
    const { run, name, timeout = defaultTimeouts.verify } = typeof item === 'string' ? { run: item } : item;
    return { name: name ?? nameOf(run), run, timeoutSeconds: secondsOf(timeout) };
  });
}

/** A command's first line, short enough for a list. */
function nameOf(run: string): string {
  const first = run.trim().split('\n')[0] ?? '';
  return first.length > 60 ? `${first.slice(0, 59)}…` : first;
}

function toQueue(queue: ConfigFile['queue']): QueueConfig {
  return {
    ...fill(defaults.queue, withSeconds(queue)),
    batch: fill(defaults.queue.batch, queue?.batch),
    regenerate: (queue?.regenerate ?? []).map(
      ({ paths, run, network = false, timeout = defaultTimeouts.regenerate, inputs }) => {
        const rule = { paths, run, network, timeoutSeconds: secondsOf(timeout) };
        return inputs === undefined ? rule : { ...rule, inputs };
      },
    ),
  };
}

/** Replaces the file's `timeout` with `timeoutSeconds`. */
function withSeconds<Section extends { timeout?: string | number | undefined }>(section: Section | undefined) {
  if (section === undefined) return undefined;
  const { timeout, ...rest } = section;
  return timeout === undefined ? rest : { ...rest, timeoutSeconds: secondsOf(timeout) };
}

/** Replaces `maxTime` with `maxSeconds` in the same way. */
function withMaxSeconds<Section extends { maxTime?: string | number | undefined }>(section: Section | undefined) {
  if (section === undefined) return undefined;
  const { maxTime, ...rest } = section;
  return maxTime === undefined ? rest : { ...rest, maxSeconds: secondsOf(maxTime) };
}

/** The given values over the defaults of a section. */
function fill<Section extends object>(
  section: Section,
  given: { readonly [Key in keyof Section]?: unknown } | undefined,
): Section {
  return { ...section, ...given };
}
