// An added dependency, end to end: the setup needs the network, a person is asked, and the consent counts in the merge
// queue, on any host.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApprovalView } from '../../contracts/approval.ts';
import { type Listener, startListener } from '../fakes/listener.ts';
import { Stack } from '../e2e/stack.ts';
import { steps } from '../e2e/scripts.ts';

let registry: Listener;
let stack: Stack;

beforeAll(async () => {
  registry = await startListener();
  const { port } = registry;
  // Installs each line of deps.txt from the registry.
  const install = `mkdir -p lib
for name in $(cat deps.txt); do
  bash -c 'exec 3<>/dev/tcp/127.0.0.1/${port}' 2> /dev/null || { echo "cannot download $name"; exit 1; }
  touch lib/$name
done
`;
  const config = [
    'version: 1',
    'setup: { run: sh install.sh, network: true, inputs: [deps.txt, install.sh] }',
    'verify: for name in $(cat deps.txt); do test -f lib/$name; done',
    'policy: [{ action: egress, decide: ask, by: [ops] }]',
    'people: { ops: { users: [dana] } }',
  ];
  const files = {
    'coppice.yaml': `${config.join('\n')}\n`,
    'install.sh': install,
    'deps.txt': 'first\n',
    '.gitignore': 'lib\n',
  };
  stack = await Stack.start({ reply: steps('echo $COPPICE_UNIT >> deps.txt'), files });
  await stack.worker('one');
  await stack.worker('two');
}, 90_000);
afterAll(async () => {
  await stack.close();
  registry.close();
});

async function begin(run: string): Promise<ApprovalView> {
  const plan = stack.plan([{ id: run, title: `Use ${run}`, prompt: 'Add it' }]);
  await stack.coppice(['run', plan, '--repo', stack.remote, '--id', run, '--detach']);
  const [approval] = await stack.approvalsOf(run);
  return approval;
}

describe('an added dependency', { timeout: 240_000 }, () => {
  test('is put to the people whom the policy names, and lands with their consent', async () => {
    const approval = await begin('second');
    expect(approval).toMatchObject({ kind: 'egress', unit: 'second', policy: { by: ['ops'] } });
    expect(approval.subject).toMatchObject({
      command: 'sh install.sh',
      paths: ['deps.txt'],
      output: expect.stringContaining('cannot download'),
    });
    const listed = (await stack.coppice(['approvals', 'second'])).stdout;
    expect(listed).toContain('Network for the setup of "Use second", which changes deps.txt?');
    expect(listed).toContain('cannot download');
    const refused = await stack.coppice(['approve', approval.id], { COPPICE_USER: 'mallory' });
    expect(refused.code).toBe(1);
    const before = registry.reached;
    expect((await stack.coppice(['approve', approval.id])).code).toBe(0);
    const report = await stack.reportOf('second');
    expect(report).toMatchObject({
      status: 'completed',
      units: [{ id: 'second', status: 'landed', turns: 2 }],
      decisions: [{ kind: 'egress', decision: 'approved', by: 'dana', unit: 'second' }],
    });
    // The session's worktree and the verification, each with both dependencies.
    expect(registry.reached - before).toBeGreaterThanOrEqual(4);
  });

  test('fails with the reason when they say no and the agent finds no other way', async () => {
    const approval = await begin('third');
    expect((await stack.coppice(['deny', approval.id, '--reason', 'too large'])).code).toBe(0);
    const report = await stack.reportOf('third');
    expect(report).toMatchObject({
      status: 'failed',
      units: [{ status: 'failed', reason: expect.stringMatching(/^check-failed: setup: /) }],
      decisions: [{ kind: 'egress', decision: 'denied', reason: 'too large' }],
    });
    expect(JSON.stringify(stack.model.requests.at(-1))).toContain('may not have the network');
  });
});
