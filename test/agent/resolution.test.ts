// A person takes over a unit that its agent cannot resolve: the brief that its host makes, the folder that they get, and
// what becomes of their files. Real git and hosts; the workflows are in test/slow/conflict-help.test.ts.

import { built, statusesOf } from '../landing/trains.ts';
import { MockActivityEnvironment } from '@temporalio/testing';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { BriefResult, ConflictActivities } from '../../contracts/activities/conflict.ts';
import type { Feedback, SliceResult } from '../../contracts/activities/agent.ts';
import type { PlanUnit, RunContext } from '../../contracts/documents/plan.ts';
import { type Sha, asSha, stateRefs } from '../../contracts/ids.ts';
import type { SliceHostParts } from './slice-host.ts';
import { type SliceBench, doneOf, useBench } from './slice-bench.ts';
import { checkoutUnit } from '../../client/unit/unit-checkout.ts';
import { defaultConfig } from '../../contracts/documents/config.ts';
import { git, temporaryFolder } from '../git/make-repository.ts';
import { makeConflictActivities } from '../../activities/conflicts/activities.ts';
import { pushResolution } from '../../client/unit/push-resolution.ts';
import { said, steps } from '../e2e/scripts.ts';
import { unit } from '../domain/fixtures.ts';

let bench: SliceBench;
useBench((opened) => (bench = opened));

const remoteOf = (url: string) => ({ url, credentials: null });

/** A unit that is back with a conflict in `line.txt`, which its agent leaves; the queue has returned it once. */
async function stuckOn(scope: PlanUnit['scope'] = null) {
  bench.remote.push({ 'line.txt': 'old\n', 'attributes.txt': 'a\n' });
  const context = await bench.planned(
    (request) =>
      said(request).includes('in conflict with') && !said(request).includes('by hand')
        ? { text: 'No.' }
        : steps('echo mine > line.txt', 'echo x >> line.txt')(request),
    { unit: { scope } },
  );
  const { result } = doneOf(await bench.host.start(context).result);
  const onto = bench.remote.push({ 'line.txt': 'theirs\n' }, { message: 'Say theirs' });
  const feedback: Feedback = { kind: 'conflict', onto, result, paths: ['line.txt'] };
  const { outcome } = await bench.host.start(context, { slice: 2, feedback }).result;
  expect(outcome).toMatchObject({ status: 'failed', reason: expect.stringMatching(/^conflict: /) });
  return { context, feedback, onto, place: { run: context.run, unit: unit('a'), remote: remoteOf(bench.state) } };
}

type Stuck = Awaited<ReturnType<typeof stuckOn>>;

function act<Name extends keyof ConflictActivities>(
  name: Name,
  request: Parameters<ConflictActivities[Name]>[0],
  { git: on }: Pick<SliceBench['host'], 'git'> = bench.host,
  hostId: SliceHostParts['hostId'] = 'here',
): Promise<Awaited<ReturnType<ConflictActivities[Name]>>> {
  const activity = makeConflictActivities(on, hostId)[name] as (given: typeof request) => Promise<never>;
  return new MockActivityEnvironment().run(activity, request);
}

function briefOn({ context, feedback }: { context: RunContext; feedback: Feedback }): Promise<BriefResult> {
  const problem = 'conflict: markers are left in line.txt';
  return act('prepareBrief', { context, unit: unit('a'), feedback, problem, returns: [feedback.kind] });
}

async function checkedOut({ context, place }: Stuck) {
  const directory = join(temporaryFolder(), 'own');
  const made = await checkoutUnit(place, { directory, origin: remoteOf(context.repository), branch: 'main' });
  const resolve = (scope: PlanUnit['scope'] = null) =>
    pushResolution(place, { directory, branch: 'main', scope, env: {} });
  const write = (name: string, content: string) => writeFileSync(join(directory, name), content);
  return { ...made, resolve, write };
}

function take(context: RunContext, commit: Sha, parts: { retry?: number; slices?: number } = {}): Promise<SliceResult> {
  const { retry = 0, slices = 2 } = parts;
  return act('takeResolution', { context, unit: unit('a'), retry, slices, resolution: { commit, by: 'Dana' } });
}

const show = (commit: string, path: string) => git(bench.state, 'show', `${commit}:${path}`);

describe('the brief about a conflict', () => {
  it('is the worktree to continue from, with the versions of each file and both intents; made twice, too', async () => {
    const stuck = await stuckOn();
    const [first, second] = [await briefOn(stuck), await briefOn(stuck)];
    expect(second).toMatchObject({
      verdict: { decide: 'ask', policy: { rule: 'conflict: asked by default' } },
      brief: {
        paths: ['line.txt'],
        pathCount: 1,
        others: [{ commit: stuck.onto, subject: 'Say theirs', unit: null }],
        lastWords: 'No.',
      },
    });
    expect(first.brief?.paths).toEqual(second.brief?.paths);
    const ref = stateRefs.brief(stuck.context.run, unit('a'));
    expect(git(bench.state, 'rev-parse', ref)).toBe(second.brief?.commit);
    expect(show(ref, 'line.txt')).toMatch(/<<<<<<< target\ntheirs\n=======\nmine\nx\n>>>>>>> unit/);
    const sides = ['base', 'target', 'unit'].map((side) => show(ref, `.coppice/versions/${side}/line.txt`));
    expect(sides).toEqual(['old', 'theirs', 'mine\nx']);
    const text = show(ref, '.coppice/brief.md');
    expect(text).toMatch(
      /## What it has changed in these files\n\n```diff\ndiff --git a\/line\.txt [^]*\n## The other side/,
    );
    for (const part of [
      'Write it.',
      'Say theirs',
      '+theirs',
      'returned the unit’s work 1 time'.replace('’', "'"),
      'No.',
    ]) {
      expect(text).toContain(part);
    }
  });

  it('is not made where policy lets nobody be asked', async () => {
    const rule = { action: 'conflict', paths: [], decide: 'deny', by: [] } as const;
    const context = await bench.planned(steps('echo a > a.txt'), { config: { ...defaultConfig, policy: [rule] } });
    const feedback: Feedback = { kind: 'conflict', onto: context.base, result: context.base, paths: ['a.txt'] };
    expect(await briefOn({ context, feedback })).toEqual({
      verdict: { decide: 'deny', rule: 'conflict: deny' },
      brief: null,
    });
  });

  it('is about what has landed since the unit began, even if its result sits on the newest target', async () => {
    const context = await bench.planned((request) =>
      said(request).includes('"test" fails')
        ? steps('echo again > uses.txt')({ ...request, turn: request.turn - 2 })
        : steps('echo uses > uses.txt')(request),
    );
    const { result } = doneOf(await bench.host.start(context).result);
    const onto = bench.remote.push({ 'made.txt': 'renamed\n' }, { message: 'Rename it' });
    const red = { kind: 'verification', onto, result, command: 'test', output: 'made.txt: ``` no such name' } as const;
    const again = doneOf(await bench.host.start(context, { slice: 2, feedback: red }).result);
    const { brief } = await briefOn({ context, feedback: { ...red, result: again.result } });
    expect(brief).toMatchObject({ paths: ['uses.txt'], others: [{ subject: 'Rename it' }] });
    expect(show(brief?.commit ?? '', '.coppice/brief.md')).toContain('````\nmade.txt: ``` no such name\n````');
  });
});

describe('a person’s result', () => {
  it('is one commit on the base, with the trailers of the unit and the person; taken twice, the same', async () => {
    const stuck = await stuckOn(['line.txt']);
    await briefOn(stuck);
    const own = await checkedOut(stuck);
    expect(own).toMatchObject({ base: stuck.onto, conflicts: [{ path: 'line.txt', kind: 'contents' }] });
    expect(readFileSync(own.brief ?? '', 'utf8')).toContain('Say theirs');
    own.write('line.txt', 'both\n');
    const { commit, files } = await own.resolve(['line.txt']);
    expect(files).toBe(1);
    const outcome = doneOf(await take(stuck.context, commit));
    expect(outcome).toMatchObject({
      base: stuck.onto,
      changed: ['line.txt'],
      resolvedBy: 'Dana',
      verdict: { decide: 'allow' },
    });
    expect(show(outcome.result, 'line.txt')).toBe('both');
    expect(git(bench.state, 'log', '-1', '--format=%B', outcome.result)).toBe(
      `Write a file\n\nCoppice-Run: ${stuck.context.run}\nCoppice-Unit: a\nRequested-by: dana\nResolved-by: Dana`,
    );
    expect(doneOf(await take(stuck.context, commit)).result).toBe(outcome.result);
    const request = {
      context: stuck.context,
      unit: unit('a'),
      retry: 0,
      slices: 2,
      resolution: { commit, by: 'Dana' },
    };
    const elsewhere = await act('takeResolution', request, await bench.elsewhere(), 'there');
    expect(doneOf(elsewhere).result).toBe(outcome.result);
    const subject = {
      context: stuck.context,
      unit: unit('a'),
      title: 'Write a file',
      result: outcome.result,
      base: outcome.base,
    };
    const queued = { enqueuedAt: new Date().toISOString(), returned: 1, approvedBy: [], consents: [] };
    const host = {
      ...bench.host,
      hostId: 'builder',
      policy: { envAllowed: [], networkAllowed: 'none' } as const,
      env: {},
    };
    expect(statusesOf(await built(host, [{ ...subject, ...queued }]))).toEqual(['stacked']);
  });

  it('is what the agent continues with when the queue returns it, and the agent knows whose it is', async () => {
    const stuck = await stuckOn();
    await briefOn(stuck);
    const own = await checkedOut(stuck);
    own.write('line.txt', 'both\n');
    const { result } = doneOf(await take(stuck.context, (await own.resolve()).commit));
    const onto = bench.remote.push({ 'new.txt': 'n\n' });
    const red: Feedback = { kind: 'verification', onto, result, command: 'test', output: 'red' };
    const done = doneOf(await bench.host.start(stuck.context, { slice: 3, feedback: red }).result);
    expect(show(done.result, 'line.txt')).toMatch(/^both/);
    expect(bench.toldBefore(stuck.context.run, bench.asked(stuck.context.run).length)).toContain(
      'Dana has resolved this by hand',
    );
  });

  it('may sit on a newer target that the person has merged, and holds what they committed', async () => {
    const stuck = await stuckOn();
    await briefOn(stuck);
    const own = await checkedOut(stuck);
    own.write('line.txt', 'both\n');
    const newer = bench.remote.push({ 'newer.txt': 'n\n' });
    const who = ['-c', 'user.name=D', '-c', 'user.email=d@example.org'];
    git(own.directory, 'add', '-A');
    git(own.directory, ...who, 'commit', '-qm', 'Resolve');
    git(own.directory, 'fetch', '-q', 'origin');
    git(own.directory, ...who, 'merge', '-q', 'origin/main');
    const { base, commit } = await own.resolve();
    expect(base).toBe(newer);
    const done = doneOf(await take(stuck.context, commit));
    expect(done).toMatchObject({ base: newer, changed: ['line.txt'] });
  });

  it('begins a unit anew after it has failed', async () => {
    const stuck = await stuckOn();
    const own = await checkedOut(stuck);
    own.write('line.txt', 'by hand\n');
    const { commit } = await own.resolve();
    const done = doneOf(await take(stuck.context, commit, { retry: 1, slices: 0 }));
    expect(show(done.result, 'line.txt')).toBe('by hand');
    expect(git(bench.state, 'rev-list', '--count', `${done.base}..${done.result}`)).toBe('1');
  });

  it('is refused by the client for what a host would refuse, and for a folder that is not the unit’s', async () => {
    const stuck = await stuckOn();
    await briefOn(stuck);
    const own = await checkedOut(stuck);
    await expect(own.resolve()).rejects.toThrow('still has conflict markers: line.txt');
    own.write('line.txt', 'both\n');
    own.write('other.txt', 'x\n');
    await expect(own.resolve(['line.txt'])).rejects.toThrow('changes what this unit may not: other.txt');
    git(own.directory, 'init', '-q', 'nested');
    git(join(own.directory, 'nested'), 'commit', '-q', '--allow-empty', '-m', 'Its own');
    await expect(own.resolve()).rejects.toThrow('has repositories of their own inside: nested');
    git(own.directory, 'config', 'coppice.unit', 'run-x/b');
    await expect(own.resolve()).rejects.toThrow('has the work on run-x/b');
    git(own.directory, 'config', '--unset', 'coppice.unit');
    await expect(own.resolve()).rejects.toThrow('is not a folder that coppice checkout has made');
  });

  it('is the same commit however often the same files are handed in', async () => {
    const stuck = await stuckOn();
    await briefOn(stuck);
    const own = await checkedOut(stuck);
    own.write('line.txt', 'both\n');
    const first = await own.resolve();
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(await own.resolve()).toEqual(first);
  });

  it('is refused while git shows a file in conflict that is as the checkout put it there', async () => {
    const stuck = await stuckOn();
    await briefOn(stuck);
    const own = await checkedOut(stuck);
    // As git leaves a file that it cannot mark.
    const entries = git(own.directory, 'ls-files', '-s', 'attributes.txt').split(' ');
    const staged = [1, 2, 3].map((stage) => `${entries[0]} ${entries[1]} ${stage}\tattributes.txt`).join('\n');
    const input = `0 ${'0'.repeat(40)}\tattributes.txt\n${staged}\n`;
    execFileSync('git', ['update-index', '--index-info'], { cwd: own.directory, input });
    own.write('line.txt', 'both\n');
    await expect(own.resolve()).rejects.toThrow('in conflict that nobody has settled: attributes.txt');
    git(own.directory, 'add', 'attributes.txt');
    await own.resolve();
  });

  it('is judged by the host, whatever the client let pass; then the brief still holds', async () => {
    const stuck = await stuckOn(['line.txt']);
    await briefOn(stuck);
    const own = await checkedOut(stuck);
    own.write('line.txt', 'both\n');
    own.write('other.txt', 'x\n');
    expect((await take(stuck.context, (await own.resolve()).commit)).outcome).toEqual({
      status: 'failed',
      reason: 'out-of-scope: other.txt',
    });
    git(own.directory, 'clean', '-fq');
    appendFileSync(join(own.directory, 'line.txt'), '<<<<<<< HEAD\na\n=======\nb\n>>>>>>> topic\n');
    expect((await take(stuck.context, (await own.resolve()).commit)).outcome).toMatchObject({
      reason: expect.stringMatching(/^conflict: markers are left in line\.txt/),
    });
    expect(await checkedOut(stuck)).toMatchObject({ base: stuck.onto, brief: expect.any(String) });
  });

  it('does not count on a commit that is not on the target', async () => {
    const stuck = await stuckOn();
    const own = await checkedOut(stuck);
    own.write('line.txt', 'both\n');
    git(own.directory, 'add', '-A');
    git(own.directory, '-c', 'user.name=D', '-c', 'user.email=d@example.org', 'commit', '-qm', 'Off the target');
    const ref = stateRefs.resolution(stuck.context.run, unit('a'));
    own.write('more.txt', 'm\n');
    git(own.directory, 'add', '-A');
    git(own.directory, '-c', 'user.name=D', '-c', 'user.email=d@example.org', 'commit', '-qm', 'On that');
    git(own.directory, 'push', '-qf', bench.state, `HEAD:${ref}`);
    const commit = asSha(git(own.directory, 'rev-parse', 'HEAD'));
    expect((await take(stuck.context, commit)).outcome).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining('is not on main'),
    });
  });
});
