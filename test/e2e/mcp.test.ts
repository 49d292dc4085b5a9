// `coppice mcp` as an agent uses it: a plan is checked, started, followed and steered, and what goes wrong is an answer.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { LoggedTurn, Report, StatusOverview } from '../../client/api.ts';
import { type McpClient, main, openHttp, openStdio } from './mcp-client.ts';
import { Stack } from './stack.ts';
import { byUnit, said, steps } from './scripts.ts';
import { freePort } from '../../scripts/free-port.ts';
import { startSilentProxy } from '../fakes/silent-proxy.ts';

const config = `version: 1
verify: test -e readme.txt
policy:
  - { action: plan, over: { units: 70 }, decide: ask }
`;

const unit = (id: string, more: object = {}) => ({ id, title: `Add ${id}`, prompt: `Make ${id}.txt`, ...more });
const planOf = (...units: readonly object[]) => ({ version: 1, goal: 'Try it', units });

interface Logs {
  readonly total: number;
  readonly turns: readonly LoggedTurn[];
  readonly next: number | null;
  readonly cut?: readonly string[];
}

type Status = StatusOverview & { readonly cut?: readonly string[] };

let stack: Stack;
let clone: string;
let agent: McpClient;

beforeAll(async () => {
  const reply = byUnit({
    plan: () => ({ tools: [{ name: 'submit_plan', input: { plan: { units: [unit('made')] }, why: 'Small.' } }] }),
    hangs: () => ({ hang: 'after-headers' }),
    // Has a long output, then does nothing until it is told something.
    talks: (asked) => {
      const written = JSON.stringify(asked.messages).includes('> talks.txt');
      const told = said(asked).includes('Weeks count, too.');
      const then = written ? [] : [told ? 'echo told > talks.txt' : 'sleep 0.5'];
      return steps('seq 1 5000', 'seq 1 5001', ...Array.from({ length: 200 }, () => then).flat())(asked);
    },
  });
  stack = await Stack.start({ reply, files: { 'coppice.yaml': config, 'readme.txt': 'hello\n' } });
  await stack.worker('host-1');
  clone = join(stack.root, 'clone');
  stack.git('clone', '--quiet', stack.remote, clone);
  agent = await openStdio(stack.env, clone);
}, 120_000);
afterAll(async () => {
  await agent.close();
  await stack.close();
});

const documentOf = async <Document>(tool: string, input: Readonly<Record<string, unknown>>): Promise<Document> => {
  const answered = await agent.call(tool, input);
  if (answered.isError) throw new Error(answered.text);
  return answered.document as Document;
};

describe('the tools', () => {
  it('are these, and none of them decides, stops or reorders anything', async () => {
    const { tools } = await agent.client.listTools();
    expect(tools.map(({ name }) => name)).toEqual([
      'make_plan',
      'check_plan',
      'start_run',
      'list_runs',
      'run_status',
      'run_logs',
      'message_unit',
      'run_report',
    ]);
  });

  it('have a plan made, which is there once its session has ended', async () => {
    const begun = await documentOf<{ run: string; status: string }>('make_plan', { goal: 'Add made' });
    expect(begun.status).toBe('planning');
    const made = await vi.waitFor(
      async () => {
        const looked = await documentOf<object>('make_plan', { run: begun.run });
        expect(looked).toMatchObject({ status: 'completed' });
        return looked;
      },
      { timeout: 60_000, interval: 500 },
    );
    expect(made).toMatchObject({ units: 1, why: 'Small.', plan: expect.stringMatching(/id: made\n/) });
    expect((await agent.call('make_plan', { run: begun.run })).text).toMatch(/^the plan has 1 unit;/);
    const both = await agent.call('make_plan', {});
    expect([both.isError, both.text]).toEqual([true, expect.stringContaining('give either')]);
  });

  it('say what they change, and describe each of their fields', async () => {
    const { tools } = await agent.client.listTools();
    const changing = tools.filter(({ annotations }) => annotations?.readOnlyHint !== true).map(({ name }) => name);
    expect(changing).toEqual(['make_plan', 'start_run', 'message_unit']);
    const fields = tools.flatMap(({ inputSchema }) => Object.values(inputSchema.properties ?? {}));
    expect(fields.length).toBeGreaterThan(15);
    for (const field of fields) expect(field).toMatchObject({ description: expect.stringMatching(/\.$/) });
  });

  it('come with what a client should know', async () => {
    const { tools } = await agent.client.listTools();
    expect(agent.client.getInstructions()).toContain('Decisions belong to people');
    for (const { name } of tools) if (name !== 'list_runs') expect(agent.client.getInstructions()).toContain(name);
    expect(agent.client.getServerVersion()).toMatchObject({ name: 'coppice' });
  });
});

describe('a plan', () => {
  const text = 'version: 1\nunits:\n  - id: a\n    title: A\n  - { id: b, title: B, prompt: b, needs: [c] }\n';
  const errors = [
    { at: { file: 'plan', line: 3, column: 5 }, message: 'units[0].prompt is missing' },
    { at: { file: 'plan', line: 5, column: 43 }, message: expect.stringContaining('"c"') },
  ];

  it('that is good has its units and its longest chain', async () => {
    const answered = await agent.call('check_plan', { plan: planOf(unit('a'), unit('b', { needs: ['a'] })) });
    expect(answered).toMatchObject({
      isError: false,
      text: expect.stringContaining('a → b'),
      document: { version: 1, valid: true, units: 2, criticalPath: ['a', 'b'], errors: [] },
    });
  });

  it('is looked at with its repository, if there is one', async () => {
    const plan = planOf(unit('a', { scope: ['nowhere/**'] }), unit('each', { forEach: { glob: '*.txt' } }));
    const open = await agent.call('check_plan', { plan });
    expect(open).toMatchObject({ document: { units: 2, open: ['each'] } });
    expect(open.text).toContain('each stands for a unit for each file of *.txt: name the repository to count them');
    const checked = await documentOf('check_plan', { plan, repository: stack.remote });
    expect(checked).toMatchObject({ units: 2, warnings: [expect.stringContaining('nowhere/**')] });
    expect(checked).not.toHaveProperty('open');
  });

  it('that is bad has all its errors, at their places in the text, the file or the document', async () => {
    const inText = await agent.call('check_plan', { plan: text });
    expect(inText).toMatchObject({
      isError: false,
      text: expect.stringContaining('plan:3:5: units[0].prompt is missing'),
      document: { valid: false, units: 0, errors },
    });
    const table = 'version: 1\nunits:\n  - { id: a, title: A, prompt: P,\n      forEach: { csv: no.csv } }\n';
    expect(await documentOf('check_plan', { plan: table })).toMatchObject({
      errors: [{ at: { file: 'plan', line: 4, column: 23 }, message: expect.stringContaining('no.csv') }],
    });
    writeFileSync(join(clone, 'bad.yaml'), text);
    const inFile = errors.map((error) => ({ ...error, at: { ...error.at, file: 'bad.yaml' } }));
    expect(await documentOf('check_plan', { plan: 'bad.yaml' })).toMatchObject({ valid: false, errors: inFile });
    expect(await documentOf('check_plan', { plan: planOf({ id: 'a', title: 'A' }) })).toMatchObject({
      errors: [{ at: { file: 'plan', line: 5 }, message: 'units[0].prompt is missing' }],
    });
  });

  it('that is bad is not started', async () => {
    for (const plan of [text, 'bad.yaml']) {
      const answered = await agent.call('start_run', { plan });
      expect(answered).toMatchObject({ isError: true, document: undefined });
      expect(answered.text).toMatch(/^BadPlan: .* has 2 errors\n\S+:3:5: units\[0\]\.prompt is missing\n\S+:5:43: /);
      expect(answered.text).toContain('Correct the plan');
    }
  });
});

describe('a run', () => {
  it('is started from a clone, followed, told something, and read to its end', async () => {
    const plan = planOf(unit('talks', { title: 'Talk' }), unit('after', { needs: ['talks'] }));
    const started = await agent.call('start_run', { plan, id: 'talking' });
    expect(started).toMatchObject({
      isError: false,
      text: expect.stringContaining('run talking has started'),
      document: { version: 1, run: 'talking', repository: stack.remote, branch: 'main', units: 2, asksFirst: false },
    });
    const status = await vi.waitFor(
      async () => {
        const seen = await agent.call('run_status', { run: 'talking' });
        expect(seen).toMatchObject({ document: { units: [{ id: 'talks', phase: 'working' }, { phase: 'waiting' }] } });
        return seen;
      },
      { timeout: 60_000, interval: 250 },
    );
    expect(status.text).toMatch(/talks +working/);
    expect(status.document).toMatchObject({ startedBy: 'dana', counts: { working: 1, waiting: 1 }, approvals: [] });
    expect(await documentOf('message_unit', { run: 'talking', unit: 'talks', text: 'Weeks count, too.' })).toEqual({
      version: 1,
      run: 'talking',
      unit: 'talks',
      sent: true,
    });
    const report = await vi.waitFor(() => documentOf<Report>('run_report', { run: 'talking' }), {
      timeout: 60_000,
      interval: 500,
    });
    expect(report).toMatchObject({ status: 'completed', units: [{ status: 'landed' }, { status: 'landed' }] });
    expect(stack.show('talks.txt')).toBe('told\n');
    const one = await agent.call('run_report', { run: 'talking', unit: 'after' });
    expect(one).toMatchObject({ document: { units: [{ id: 'after' }], cut: ['units: 1 of 2', expect.any(String)] } });
    expect(one.text).toContain('2 of 2 units landed');
  }, 120_000);

  it('that is open is not started twice by mistake', async () => {
    const plan = JSON.stringify(planOf(unit('hangs')));
    await documentOf('start_run', { plan, id: 'one' });
    // Listed by the server's index, which is a moment behind.
    await vi.waitFor(async () => expect((await agent.call('list_runs', {})).text).toMatch(/^one\b/m), 30_000);
    const refused = await agent.call('start_run', { plan });
    expect(refused).toMatchObject({
      isError: true,
      text: 'Refused: the same plan is running on main already: one\nFollow it with run_status. To start the plan once more all the same, set `again`.',
    });
    const again = await agent.call('start_run', { plan, id: 'two', again: true });
    expect(again.document).toMatchObject({
      run: 'two',
      warnings: expect.arrayContaining([expect.stringContaining('run one is already')]),
    });
  });

  it('has logs that are cut, with the way to the rest', async () => {
    const logs = await documentOf<Logs>('run_logs', { run: 'talking', unit: 'talks', from: 1, turns: 2 });
    const { total } = logs;
    expect(logs).toMatchObject({ next: 3, turns: [{ turn: 1, unit: 'talks' }, { turn: 2 }] });
    const output = logs.turns[0]?.tools[0]?.output ?? '';
    expect(output.length).toBeLessThan(1_100);
    expect(output).toMatch(/^1\n2\n[^]*\n\[…\]\n[^]*\n5000$/);
    expect(logs.cut).toEqual([
      expect.stringMatching(/^turns\[0\]\.tools\[0\]\.output: 1000 of \d+ characters$/),
      expect.stringMatching(/^turns\[1\]\.tools\[0\]\.output: 1000 of \d+ characters$/),
      expect.stringContaining('textLimit'),
    ]);
    const whole = await documentOf<Logs>('run_logs', {
      run: 'talking',
      unit: 'talks',
      from: 1,
      turns: 1,
      textLimit: 30_000,
    });
    expect(whole.turns[0]?.tools[0]?.output).toContain('\n2500\n');
    expect(whole).not.toHaveProperty('cut');
    const last = await agent.call('run_logs', { run: 'talking', unit: 'talks', turns: 1 });
    expect(last).toMatchObject({
      text: expect.stringMatching(
        new RegExp(`^turns ${total} to ${total} of ${total}\n\ntalks turn ${total} [^]*\nDone.$`),
      ),
      document: { next: null, turns: [{ turn: total, text: 'Done.' }] },
    });
    const none = await agent.call('run_logs', { run: 'talking', unit: 'talks', from: total + 1 });
    expect(none).toMatchObject({ text: `talks has ${total} turns`, document: { turns: [], next: null } });
  });

  it('has logs that go on where there is not room for all', async () => {
    const asked = { run: 'talking', unit: 'talks', textLimit: 30_000 };
    const first = await documentOf<Logs>('run_logs', { ...asked, from: 1, turns: 2 });
    expect(first).toMatchObject({ next: 2, turns: [{ turn: 1 }], cut: ['turns: 1 of 2', expect.any(String)] });
    // The last ones, since it was not said which.
    const last = await documentOf<Logs>('run_logs', { ...asked, turns: 50 });
    expect(last.turns.map(({ turn }) => turn)).toEqual(Array.from({ length: last.total - 1 }, (_, at) => at + 2));
    expect(last).toMatchObject({ next: null, cut: [`turns: ${last.total - 1} of ${last.total}`, expect.any(String)] });
  });

  it('that a rule asks about waits for people; its many units come in pages', async () => {
    const units = Array.from({ length: 71 }, (_, at) => unit(`unit-${at + 1}`));
    const started = await agent.call('start_run', { plan: planOf(...units), id: 'large' });
    expect(started).toMatchObject({ isError: false, document: { run: 'large', units: 71, asksFirst: true } });
    expect(started.text).toContain('nothing begins until they agree');
    await vi.waitFor(
      async () =>
        expect(await documentOf('run_status', { run: 'large' })).toMatchObject({
          approvals: [{ kind: 'plan', unit: null }],
        }),
      { timeout: 30_000, interval: 250 },
    );
    const page = await documentOf<Status>('run_status', { run: 'large', from: 51 });
    expect(page.units.map(({ id }) => id)).toEqual(units.slice(50).map(({ id }) => id));
    expect(page.cut).toEqual(['units: 21 of 71', expect.stringContaining('`from`')]);
    expect(page.counts).toEqual({ waiting: 71 });
    const one = await documentOf<Status>('run_status', { run: 'large', unit: 'unit-60' });
    expect(one.units).toMatchObject([{ id: 'unit-60', phase: 'waiting' }]);
    await stack.coppice(['cancel', 'large']);
    const report = await vi.waitFor(() => documentOf<Report>('run_report', { run: 'large' }), {
      timeout: 60_000,
      interval: 500,
    });
    expect(report.units).toHaveLength(50);
    expect(report).toMatchObject({ status: 'cancelled', cut: ['units: 50 of 71', expect.any(String)] });
    const rest = await documentOf<Report>('run_report', { run: 'large', from: 70 });
    expect(rest.units.map(({ id }) => id)).toEqual(['unit-70', 'unit-71']);
  });

  it('is listed', async () => {
    const { total } = await documentOf<{ total: number }>('list_runs', {});
    expect(await documentOf('list_runs', { limit: 1 })).toMatchObject({
      total,
      runs: [{ startedBy: 'dana' }],
      cut: [`runs: 1 of ${total}`, expect.any(String)],
    });
  });
});

describe('what cannot be done', () => {
  it.each<[string, Readonly<Record<string, unknown>>, RegExp]>([
    ['run_status', { run: 'nowhere' }, /^NotFound: there is no run nowhere\n.*list_runs/],
    ['run_report', { run: 'talkign' }, /^NotFound: .*did you mean "talking"\?/],
    ['run_logs', { run: 'talking', unit: 'tolks' }, /^NotFound: .*no unit tolks; did you mean "talks"\?/],
    ['run_status', { run: 'talking', unit: 'nobody' }, /^NotFound: the run talking has no unit nobody/],
    ['message_unit', { run: 'talking', unit: 'talks', text: 'Hello?' }, /^Refused: the run talking has ended already/],
    ['message_unit', { run: '@latest', unit: 'talks', text: 'Hello?' }, /^BadInput: @latest does not work/],
    [
      'start_run',
      { plan: planOf(unit('a')), id: 'talking' },
      /^BadInput: a run talking exists already; use another `id`, or leave it out/,
    ],
    ['start_run', { plan: planOf(unit('a')), branch: 'nowhere' }, /^BranchMissing: .*\n.*another one with `branch`/],
    ['start_run', { plan: planOf(unit('a')), repository: '/nowhere/x.git' }, /^\w+: .*\/nowhere\/x\.git/],
    ['start_run', { plan: planOf(unit('a')), repo: '/nowhere/x.git' }, /Unrecognized key: "repo"/],
    ['check_plan', {}, /plan: is missing: it is a plan as a document, the text of one in YAML or JSON, or the path/],
    ['check_plan', { plan: 3 }, /plan: must be a plan as a document/],
    ['check_plan', { plan: 'no-plan.yaml' }, /^BadInput: cannot read no-plan.yaml: there is no such file/],
    ['check_plan', { plan: planOf(unit('a')), branch: 'main' }, /^BadInput: branch needs repository/],
  ])('%s %j is an answer that says why', async (tool, input, why) => {
    const answered = await agent.call(tool, input);
    expect(answered).toMatchObject({ isError: true, document: undefined });
    expect(answered.text).toMatch(why);
  });

  it('is said of a server that is away, until it is there', async () => {
    const port = await freePort();
    const lonely = await openStdio({ ...stack.env, TEMPORAL_ADDRESS: `127.0.0.1:${port}` }, stack.root);
    const away = await lonely.call('list_runs', {});
    expect(away).toMatchObject({ isError: true, text: expect.stringMatching(/^TemporalUnreachable: .*\n.*TEMPORAL/) });
    expect(await lonely.call('check_plan', { plan: planOf(unit('a')) })).toMatchObject({ isError: false });
    const proxy = await startSilentProxy(stack.env['TEMPORAL_ADDRESS'] ?? '', port);
    expect(await lonely.call('run_status', { run: 'talking' })).toMatchObject({ isError: false });
    await lonely.close();
    proxy.close();
    expect(lonely.mistakes).toEqual([]);
  });
});

describe('over HTTP', () => {
  let server: ChildProcess;
  let url: string;

  beforeAll(async () => {
    server = spawn(process.execPath, [main, 'mcp', '--port', '0'], { env: stack.env, cwd: clone });
    url = await new Promise((resolve) => {
      let out = '';
      server.stdout?.on('data', (chunk: Buffer) => {
        out += chunk.toString('utf8');
        const [, address] = /^ready mcp=(http:\/\/127\.0\.0\.1:\d+\/mcp)\n$/.exec(out) ?? [];
        if (address !== undefined) resolve(address);
      });
    });
  });
  afterAll(() => void server.kill('SIGKILL'));

  const statusOf = (headers: Readonly<Record<string, string>>, path = '/mcp'): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const asked = request(new URL(path, url), { method: 'POST', headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asked.on('error', reject);
      asked.end('{"jsonrpc":"2.0","id":1,"method":"tools/list"}');
    });

  it('several clients have the same tools', async () => {
    const clients = await Promise.all([openHttp(url), openHttp(url)]);
    for (const client of clients) {
      const { tools } = await client.client.listTools();
      expect(tools).toEqual((await agent.client.listTools()).tools);
      expect(await client.call('run_report', { run: 'talking' })).toMatchObject({ document: { status: 'completed' } });
      expect(await client.call('run_status', { run: 'nowhere' })).toMatchObject({ isError: true });
      await client.close();
    }
  });

  it('only programs of this machine are answered', async () => {
    const good = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    expect(await statusOf(good)).toBe(200);
    expect(await statusOf({ ...good, host: 'evil.example' })).toBe(403);
    expect(await statusOf({ ...good, host: 'evil.example:80' })).toBe(403);
    expect(await statusOf({ ...good, origin: 'https://evil.example' })).toBe(403);
    expect(await statusOf({ ...good, origin: 'null' })).toBe(403);
    expect(await statusOf({ ...good, 'content-type': 'text/plain' })).toBe(415);
    expect(await statusOf(good, '/')).toBe(404);
  });

  it('a port that is taken is said at the start', async () => {
    const { code, stdout, stderr } = await stack.coppice(['mcp', '--port', new URL(url).port]);
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining('cannot listen on 127.0.0.1')]);
    expect(stderr).toMatch(
      /: another program uses this port\nChoose another port with --port; 0 takes any free one\.\n/,
    );
  });

  it('SIGTERM ends it well', async () => {
    server.kill('SIGTERM');
    expect(await once(server, 'exit')).toEqual([0, null]);
  });
});

describe('on stdio', () => {
  const initialize = {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
  };

  it('nothing but the protocol is on stdout, whatever happens', async () => {
    const child = spawn(process.execPath, [main, 'mcp'], { env: { ...stack.env, FORCE_COLOR: '1' }, cwd: clone });
    const out: string[] = [];
    const err: string[] = [];
    child.stdout.on('data', (chunk: Buffer) => void out.push(chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => void err.push(chunk.toString('utf8')));
    const call = (id: number, name: string, input: object) => ({
      jsonrpc: '2.0',
      id,
      method: 'tools/call',
      params: { name, arguments: input },
    });
    const messages = [
      initialize,
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      call(2, 'run_report', { run: 'talking' }),
      call(3, 'start_run', { plan: 'bad.yaml' }),
      call(4, 'approve', { id: 'anything' }),
    ];
    child.stdin.write('this is no JSON\n');
    for (const message of messages) child.stdin.write(`${JSON.stringify(message)}\n`);
    const lines = await vi.waitFor(() => {
      const complete = out.join('').split('\n').slice(0, -1);
      expect(complete.length).toBeGreaterThanOrEqual(4);
      return complete;
    }, 60_000);
    const answers = lines.map((line) => JSON.parse(line) as { jsonrpc: string; id?: number; error?: object });
    expect(answers.every(({ jsonrpc }) => jsonrpc === '2.0')).toBe(true);
    expect(answers.find(({ id }) => id === 4)).toMatchObject({
      error: { message: expect.stringContaining('approve') },
    });
    expect(lines.join('')).not.toContain('\\u001b');
    expect(err.join('')).toMatch(/^ready mcp=stdio$/m);
    // A client that still has its end of the pipe.
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('a closed stdin ends it well', async () => {
    expect(await stack.coppice(['mcp'])).toMatchObject({ code: 0, stdout: '', stderr: 'ready mcp=stdio\n' });
  });

  it('the client of all these tests has seen no mistake', () => {
    expect(agent.mistakes).toEqual([]);
    expect(agent.stderr()).toBe('ready mcp=stdio\n');
  });
});
