// A review by the real Claude Code: a conversation of its own, whose transcript another host continues.

import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ModelRequest } from '../fakes/model-server.ts';
import { type ClaudeBench, agent, bash, openClaudeBench } from './claude-bench.ts';
import { claudeSteps } from './claude-steps.ts';
import { cleanUp } from '../git/make-repository.ts';
import { defaultReview } from '../../contracts/documents/config.ts';
import { doneOf } from '../agent/slice-bench.ts';
import { openSliceHost } from '../agent/slice-host.ts';
import { said } from '../e2e/scripts.ts';

let claude: ClaudeBench;
beforeAll(async () => {
  claude = await openClaudeBench();
}, 180_000);
afterAll(async () => {
  await claude.bench.close();
  cleanUp();
});

const config = { agent: { ...agent, review: { ...defaultReview, rounds: 2 } } };
const submit = (input: object) => ({ mcp__coppice__submit_review: input });
const approval = submit({ verdict: 'approve', summary: 'Good.' });
const changes = submit({ verdict: 'changes', summary: 'No.', comments: [{ path: 'a.txt', text: 'Say more.' }] });
const isReviewer = ({ tools }: ModelRequest) => tools.some(({ name }) => name === 'mcp__coppice__submit_review');
const reviewer = (run: string) => claude.bench.asked(run).filter(isReviewer);
const last = (request?: ModelRequest) => JSON.stringify(request?.messages.at(-1));

it('looks and cannot write, sends the agent back, and approves what it makes of it', async () => {
  const write = { Write: { file_path: '/work/b.txt', content: 'mine' } };
  const context = await claude.planned(
    (request) => {
      if (!isReviewer(request)) return claudeSteps(bash('echo 1 > a.txt'), {}, bash('echo 2 > a.txt'))(request);
      return said(request).includes('earlier review')
        ? claudeSteps(approval)(request)
        : claudeSteps(bash('echo mine > b.txt; cat a.txt'), write, changes)(request);
    },
    { config },
  );
  const done = doneOf(await claude.bench.host.start(context).result);
  expect(done.review).toMatchObject({ verdict: 'approve', rounds: 2 });
  expect([done.changed, claude.show(done.result, 'a.txt')]).toEqual([['a.txt'], '2']);
  const [, second, third] = reviewer(context.run);
  expect(last(second)).toContain('Read-only file system');
  expect(last(third)).toContain('a reviewer changes nothing');
  expect(reviewer(context.run)).toHaveLength(4);
});

it('goes on in the same review on another host', async () => {
  const context = await claude.planned(
    (request) => {
      if (!isReviewer(request)) return claudeSteps(bash('echo 1 > a.txt'))(request);
      const answer = claudeSteps(bash('cat a.txt'), approval)(request);
      return request.turn === 0 ? { ...answer, usage: { output_tokens: 10_000 } } : answer;
    },
    { config },
  );
  const first = await claude.bench.host.start(context, { spendUpToUsd: 0.1 }).result;
  expect(first.outcome).toMatchObject({ status: 'budget', finished: { status: 'done', review: { verdict: 'none' } } });
  const elsewhere = await openSliceHost({
    modelUrl: claude.bench.model.url,
    hostId: 'there',
    claudeCode: claude.installedIn,
  });
  const second = await elsewhere.start(context, { slice: 2 }).result;
  expect(doneOf(second).review).toMatchObject({ verdict: 'approve', rounds: 1 });
  expect(reviewer(context.run).map(({ turn }) => turn)).toEqual([0, 1]);
});
