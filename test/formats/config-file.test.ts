import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { defaultConfig } from '../../contracts/documents/config.ts';
import { configCodec } from '../../formats/state-documents/plan.ts';
import { overrideConfig, parseConfig } from '../../formats/config-file/config-file.ts';
import { formatPlacedError } from '../../formats/yaml/placed-error.ts';

function errorsOf(text: string): string[] {
  return (parseConfig(text, 'c').errors ?? []).map((error) => formatPlacedError(error).slice(2));
}

describe('coppice.yaml', () => {
  it('has a default for everything', () => {
    expect(parseConfig('', 'c').config).toEqual(defaultConfig);
    expect(parseConfig('version: 1\nqueue: { batch: { max: 8 } }', 'c').config).toEqual({
      ...defaultConfig,
      queue: { ...defaultConfig.queue, batch: { min: 1, max: 8 } },
    });
  });

  it('has the example of its documentation', () => {
    const page = readFileSync(new URL('../../docs/plan-file.md', import.meta.url), 'utf8');
    const { config } = parseConfig(/<!-- example: config -->\n+```yaml\n([^]*?)```/.exec(page)?.[1] ?? '', 'c');
    expect(config?.setup).toEqual({ run: 'npm ci', network: true, timeoutSeconds: 600 });
    expect(config?.verify.map(({ name }) => name)).toEqual(['unit tests', 'npm run lint']);
    expect(config?.policy[0]?.by).toEqual(['maintainers']);
  });

  it.each([
    ['90s', 90],
    ['10m', 600],
    ['2h', 7200],
    ['45', 45],
  ])('reads the time %s as %d seconds', (text, seconds) => {
    const { config } = parseConfig(`sandbox: { timeout: ${text} }\nqueue: { timeout: ${text} }`, 'c');
    expect(config?.sandbox).toEqual({ ...defaultConfig.sandbox, timeoutSeconds: seconds });
    expect(config?.queue).toEqual({ ...defaultConfig.queue, timeoutSeconds: seconds });
  });

  it('takes user groups of Slack, but not as one person', () => {
    expect(errorsOf('people: { all: { slack: [S0614TZR7] } }')).toEqual([]);
    expect(errorsOf('people: { dana: { person: true, slack: [U1, S0614TZR7] } }')).toEqual([
      '1:45: people.dana.slack[1] is a user group, and "dana" is one person (person: true): put it into another entry',
    ]);
  });

  it('takes ids of Slack, and says of names where the ids are', () => {
    const text = `
notify: { slack: { channel: "#general" } }
people: { dana: { slack: [U1, W2, S0614TZR7, "@dana", u0kim, C0MAIN, S1] } }`;
    const person =
      'must be the id of a person in Slack, such as U024BE7LH (profile, More, Copy member ID), or of a user group, such as S0614TZR7 (More, Copy group ID); a name is none';
    expect(parseConfig(text, 'c').errors?.map(({ message }) => message)).toEqual([
      'notify.slack.channel must be the id of a channel in Slack, such as C024BE91L: it is at the end of View channel details; a name is none, since cards are found and updated by the id',
      ...[3, 4, 5, 6].map((at) => `people.dana.slack[${at}] ${person}`),
    ]);
    for (const channel of ['C024BE91L', 'G1', 'D1'])
      expect(parseConfig(`notify: { slack: { channel: ${channel} } }`, 'c').errors).toBeUndefined();
  });

  it('says what a channel is told, suggests what was meant, and pins it', () => {
    const { config = defaultConfig } = parseConfig('notify: { slack: { channel: C1, tell: [approvals, end] } }', 'c');
    expect(config.notify).toEqual({ slack: { channel: 'C1', tell: ['approvals', 'end'] } });
    expect(configCodec.read(configCodec.write(config))).toMatchObject(config);
    expect(errorsOf('notify: { slack: { channel: C1, tell: [faliures] } }')).toEqual([
      '1:40: notify.slack.tell[0] must be approvals or failures or conflicts or landings or end or host-full or credential, not "faliures"; did you mean "failures"?',
    ]);
  });

  it('reads the limits of units and of runs', () => {
    const limits = 'maxTokens: 5, maxTurns: 6, maxTime: 2h';
    const { config } = parseConfig(`agent: { ${limits} }\nrun: { ${limits} }`, 'c');
    const read = { maxTokens: 5, maxTurns: 6, maxSeconds: 7200 };
    expect(config?.agent).toEqual({ ...defaultConfig.agent, ...read });
    expect(config?.run).toEqual({ ...defaultConfig.run, ...read });
  });

  it('takes a command for setup and verify', () => {
    const { config } = parseConfig('setup: npm ci\nverify: npm test', 'c');
    expect(config?.setup).toEqual({ run: 'npm ci', network: false, timeoutSeconds: 900 });
    expect(config?.verify).toEqual([{ name: 'npm test', run: 'npm test', timeoutSeconds: 1800 }]);
  });

  it('reads what files are made again, and how trains are verified', () => {
    const text = `
queue:
  verify: each
  onRedBase: delta
  regenerate:
    - { paths: [package-lock.json], run: npm install --package-lock-only, network: true }
    - { paths: [api/**/*.pb.ts], run: ./generate.sh, timeout: 90s, inputs: [api/**/*.proto] }`;
    expect(parseConfig(text, 'c').config?.queue).toEqual({
      ...defaultConfig.queue,
      verify: 'each',
      onRedBase: 'delta',
      regenerate: [
        { paths: ['package-lock.json'], run: 'npm install --package-lock-only', network: true, timeoutSeconds: 120 },
        {
          paths: ['api/**/*.pb.ts'],
          run: './generate.sh',
          network: false,
          timeoutSeconds: 90,
          inputs: ['api/**/*.proto'],
        },
      ],
    });
  });

  it('reads the variables of commands', () => {
    const { config } = parseConfig('env: { GOCACHE: $WORKTREE/.deps/go, a_1: "", B: "1" }', 'c');
    expect(config?.env).toEqual({ GOCACHE: '$WORKTREE/.deps/go', a_1: '', B: '1' });
  });

  it.each([
    ['env: { A: 1 }', 'env.A must be a text, not the number 1'],
    ['env: { A: ~ }', 'env.A must be a text, not empty'],
    ['env: { "A B": x }', 'env["A B"] must be the name of an environment variable'],
    ['env: { PATH: x }', 'env.PATH is a variable that Coppice sets itself'],
    ['env: { COPPICE_RUN: x }', 'env.COPPICE_RUN is a variable that Coppice sets itself'],
    ['env: [A]', 'env must be a map'],
  ])('refuses %s', (text, message) => {
    const errors = errorsOf(text);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(message);
  });

  it('can lift a default budget', () => {
    expect(parseConfig('run: { budgetUsd: null }', 'c').config?.run.budgetUsd).toBeNull();
  });

  it('reports every error at once, with suggestions', () => {
    const text = [
      'version: 1',
      'agent: { driver: anthropc, budgetUsd: 0 }',
      'run: { paralel: 1 }',
      'setup: { run: x, netwrok: true }',
      'policy: [{ action: merge, decide: ask, by: [maintainer], paths: [/x] }]',
      'people: { maintainers: { slack: [U1] } }',
    ].join('\n');
    expect(errorsOf(text)).toEqual([
      '2:18: agent.driver must be anthropic or claude-code, not "anthropc"; did you mean "anthropic"?',
      '2:39: agent.budgetUsd must be above 0',
      '3:8: unknown key "paralel" in run; did you mean "parallel"?',
      '4:18: unknown key "netwrok" in setup; did you mean "network"?',
      '5:45: policy[0].by names "maintainer", which is not a group of people; did you mean "maintainers"?',
      '5:66: policy[0].paths[0] must be relative to the top of the repository (no leading "/")',
    ]);
  });

  it('knows groups by their members, and who is one person', () => {
    const { config } = parseConfig(
      [
        'people:',
        '  dana: { person: true, slack: [U1], users: [dana] }',
        '  owners: { members: [maintainers], slack: [U3] }',
        '  maintainers: { members: [dana], slack: [U2, U1] }',
      ].join('\n'),
      'c',
    );
    expect(config?.people).toEqual({
      dana: { slack: ['U1'], users: ['dana'], email: [] },
      owners: { slack: ['U3', 'U2', 'U1'], users: ['dana'], email: [] },
      maintainers: { slack: ['U2', 'U1'], users: ['dana'], email: [] },
    });
    expect(config?.persons).toEqual([{ name: 'dana', slack: ['U1'], users: ['dana'], email: [] }]);
  });

  it('refuses groups that do not exist or contain themselves, and numbers where nobody is asked', () => {
    expect(errorsOf('people: { a: { members: [b] }, b: { members: [c, a] }, c: { members: [d] } }')).toEqual([
      '1:25: people.a.members contains itself: a → b → a',
      '1:46: people.b.members contains itself: b → a → b',
      '1:71: people.c.members names "d", which is not a group of people',
    ]);
    expect(errorsOf('policy: [{ action: merge, decide: deny, count: 2, requester: false }]')).toEqual([
      '1:48: policy[0].count must not be in a rule that does not ask',
      '1:62: policy[0].requester must not be in a rule that does not ask',
    ]);
  });

  it('is kept whole where it is pinned for a run', () => {
    const text = [
      'people: { dana: { person: true, slack: [U1] }, kim: { slack: [U2] } }',
      'policy: [{ action: merge, paths: [a], labels: [b], over: { lines: 1, files: 2, usd: 3.5 }, decide: ask, by: [dana, kim], count: 2, requester: false, within: 2d, silence: pause, remind: 4h, escalate: { after: 1d, to: [dana] } }]',
    ].join('\n');
    const { config } = parseConfig(text, 'c');
    if (config === undefined) throw new Error('no configuration');
    expect(configCodec.read(configCodec.write(config))).toEqual({ ...config, version: 1 });
  });

  it('knows rules about money and questions, which have no paths', () => {
    const rule = (text: string) => `version: 1\npolicy:\n  - ${text}`;
    expect(parseConfig(rule('{ action: budget, decide: deny }'), 'c').config?.policy).toEqual([
      { action: 'budget', decide: 'deny', paths: [], by: [] },
    ]);
    expect(errorsOf(rule('{ action: question, decide: allow, paths: [src/**] }'))).toEqual([
      '3:33: policy[0].decide must be ask or deny in a rule about question',
      '3:47: policy[0].paths must not be in a rule about question',
    ]);
  });

  it.each(['30s', '2', '1w', '-1d', '0h', '400d', '1.5h', '[1h]', 'null'])(
    'says what people may be given, not "%s"',
    (text) => {
      const rules = [`within: ${text}`, `remind: ${text}`, `escalate: { after: ${text}, to: [a] }`];
      const form = 'whole minutes, hours or days such as 30m, 4h or 3d, from 1m to 365d';
      expect(
        rules.flatMap((terms) =>
          errorsOf(`people: { a: { users: [a] } }\npolicy:\n  - { action: budget, decide: ask, by: [a], ${terms} }`),
        ),
      ).toEqual([
        `3:53: policy[0].within must be never, or ${form}`,
        `3:53: policy[0].remind must be ${form}`,
        `3:64: policy[0].escalate.after must be ${form}`,
      ]);
    },
  );

  it.each([
    'version: 2',
    'people: { dana: { slack: [U] } }',
    'people: { dana: { slack: [C024BE91L] } }',
    'people: { dana: { slack: ["<!here>"] } }',
    'notify: { slack: { channel: general } }',
    'notify: { slack: { channel: U024BE7LH } }',
    'sandbox: { timeout: 10 minutes }',
    'sandbox: { timeout: 0 }',
    'sandbox: { timeout: 99999h }',
    'queue: { batch: { min: 3, max: 2 } }',
    'queue: { verify: all }',
    'queue: { regenerate: [{ paths: [], run: x }] }',
    'queue: { regenerate: [{ paths: [a] }] }',
    'queue: { regenerate: [{ paths: [a], run: x, timeout: 6m }] }',
    'verify: 7',
    'verify: [{ run: "" }]',
    'branch: -x',
    'branch: a..b',
    'sandbox: { env: ["A=B"] }',
    'people: { "a b": {} }',
    'policy: [{ action: merge, over: {}, decide: ask }]',
    'policy: [{ action: merge, over: { usd: -1 }, decide: ask }]',
    'policy: [{ action: merge, labels: [], decide: ask }]',
    'policy: [{ action: budget, labels: [a], decide: ask }]',
    'policy: [{ action: budget, decide: ask, within: 10s }]',
    'policy: [{ action: budget, decide: ask, within: forever }]',
    'policy: [{ action: budget, decide: ask, remind: 400d }]',
    'people: { a: { users: [a] } }\npolicy: [{ action: budget, decide: ask, by: [a], escalate: { after: 1d, to: [nobody] } }]',
    'policy: [{ action: budget, decide: deny, silence: pause }]',
    'run: { parallel: 1e308 }',
  ])('refuses %s with one error', (text) => {
    expect(errorsOf(text)).toHaveLength(1);
  });
});

describe('--config', () => {
  it('replaces agent, run, worktree and sandbox as far as the file has them, and nothing else', () => {
    const branch = parseConfig('verify: a\nrun: { parallel: 2 }\nagent: { maxTurns: 7 }', 'c').config ?? defaultConfig;
    const { config } = overrideConfig(branch, 'verify: b\nagent: { budgetUsd: 3 }', 'mine');
    expect(config).toEqual({ ...branch, agent: { ...defaultConfig.agent, budgetUsd: 3 } });
  });

  it('is checked in whole', () => {
    expect(overrideConfig(defaultConfig, 'verify: 7', 'mine').errors?.[0]?.at.file).toBe('mine');
  });
});
