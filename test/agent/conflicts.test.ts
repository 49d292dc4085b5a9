import { describe, expect, it } from 'vitest';
import type { Feedback, PersonMessage } from '../../contracts/activities/agent.ts';
import type { Content } from '../git/make-repository.ts';
import type { ReplyFunction } from '../fakes/model-server.ts';
import { type SliceBench, doneOf, useBench } from './slice-bench.ts';
import { git } from '../git/make-repository.ts';
import { conflictMet } from '../../activities/agent/prompts/conflicts.ts';
import { said, steps } from '../e2e/scripts.ts';

let bench: SliceBench;
useBench((opened) => (bench = opened));

interface Meeting {
  /** What the target has before. */
  readonly before: Record<string, Content>;
  /** A command of the agent in its first slice. */
  readonly work: string;
  /** What lands meanwhile. */
  readonly meanwhile: Record<string, Content>;
  /** What it does after the conflict; commands, then it ends its turn. */
  readonly settle: ReplyFunction;
  /** What the queue says of a command that was to make the files again. */
  readonly said?: string;
}

/** A unit's first slice, then the one that the queue has sent back. */
async function meet({ before, work, meanwhile, settle, said: reason }: Meeting) {
  bench.remote.push(before);
  const context = await bench.planned((request) =>
    said(request).includes('in conflict with') ? settle({ ...request, turn: request.turn - 2 }) : steps(work)(request),
  );
  const { result } = doneOf(await bench.host.start(context).result);
  const onto = bench.remote.push(meanwhile);
  const paths = Object.keys(meanwhile);
  const conflicts =
    reason === undefined ? {} : { conflicts: paths.map((path) => ({ path, kind: 'lock', said: reason })) };
  const feedback: Feedback = { kind: 'conflict', onto, result, paths, ...conflicts };
  const again = (slice: number, host = bench.host, words: readonly PersonMessage[] = []) =>
    host.start(context, { slice, feedback, words }).result;
  return { context, again, told: () => bench.asked(context.run).map(said) };
}

const show = (commit: string, path: string) => git(bench.state, 'show', `${commit}:${path}`);
const png = (name: string): Uint8Array => Buffer.from(`\x89PNG\0${name}`, 'latin1');

describe('a conflict without markers', () => {
  it('is told with the place of the other version, which the agent may take', async () => {
    const { again, told } = await meet({
      before: { 'logo.png': png('old') },
      work: String.raw`printf '\211PNG\0square' > logo.png; echo square > page`,
      meanwhile: { 'logo.png': png('round') },
      settle: steps('cp /run/coppice-conflicts/logo.png.unit logo.png', 'true'),
    });
    const done = doneOf(await again(2));
    expect(show(done.result, 'logo.png')).toContain('square');
    expect(done).not.toHaveProperty('kept');
    expect(told().at(-1)).toMatch(
      /- logo\.png: a binary file .* no markers: it is the target’s version now; yours is \/run/,
    );
    expect(told().at(-1)).not.toContain('<<<<<<<');
  });

  it('is asked about once when nobody touches it; then it counts as chosen, and is named', async () => {
    const { again, told } = await meet({
      before: { 'icon.png': png('old') },
      work: String.raw`printf '\211PNG\0square' > icon.png; echo square > page-of-icon`,
      meanwhile: { 'icon.png': png('round') },
      settle: () => ({ text: 'Done: no markers are left.' }),
    });
    const done = doneOf(await again(2));
    expect(show(done.result, 'icon.png')).toContain('round');
    expect(done.kept).toEqual(['icon.png']);
    expect(
      told()
        .at(-1)
        ?.match(/as the merge left them/g),
    ).toHaveLength(1);
  });

  it('is a deletion by one side, too, and by the other', async () => {
    const { again, told } = await meet({
      before: { gone: 'g\n', kept: 'k\n' },
      work: 'echo more >> gone; rm kept',
      meanwhile: { gone: null, kept: 'k\nmore\n' },
      settle: steps('rm gone; echo new > unrelated', 'true'),
    });
    const done = doneOf(await again(2));
    expect(git(bench.state, 'ls-tree', '--name-only', done.result).split('\n')).toContain('kept');
    expect(done.kept).toEqual(['kept']);
    expect(told().at(-1)).toContain('- gone: the target has deleted it, and you have changed it.');
    expect(told().at(-1)).toContain('- kept: you have deleted it, and the target has changed it.');
  });

  it('is a lock file, which is the target’s until the install has run again', async () => {
    const { again, told } = await meet({
      before: { 'web/yarn.lock': 'one\n', 'Cargo.lock': 'one\n' },
      work: 'echo unit > web/yarn.lock; echo unit > Cargo.lock',
      meanwhile: { 'web/yarn.lock': 'target\n', 'Cargo.lock': 'target\n' },
      settle: steps('cat web/yarn.lock Cargo.lock > seen; echo both | tee web/yarn.lock > Cargo.lock', 'true'),
    });
    const done = doneOf(await again(2));
    expect(show(done.result, 'seen')).toBe('target\ntarget');
    expect(show(done.result, 'web/yarn.lock')).toBe('both');
    expect(told().at(-1)).toMatch(/- Cargo\.lock: .*`cargo update --workspace`/);
    expect(told().at(-1)).toMatch(/- web\/yarn\.lock: .*`yarn install`/);
  });

  it('is told with what became of the command that should have settled it', async () => {
    const { again, told } = await meet({
      before: { 'yarn.lock': 'one\n' },
      work: 'echo unit > yarn.lock',
      meanwhile: { 'yarn.lock': 'target\n' },
      settle: steps('echo both > yarn.lock', 'true'),
      said: '`yarn install`: failed [exit code 1]\nno such package ```x```',
    });
    expect(show(doneOf(await again(2)).result, 'yarn.lock')).toBe('both');
    expect(told().at(-1)).toMatch(/a command that makes yarn\.lock again[^]*failed \[exit code 1\]\nno such package/);
  });

  it('does not land under a name that git has made up', async () => {
    const { again } = await meet({
      before: { 'a.txt': 'a\n' },
      work: 'echo file > place',
      meanwhile: { 'place/x': 'folder\n' },
      settle: () => ({ text: 'Done.' }),
    });
    const { outcome } = await again(2);
    expect(outcome).toMatchObject({ status: 'failed', reason: expect.stringContaining('place~unit') });
  });

  it('shows the other version on whichever host continues', async () => {
    const { again } = await meet({
      before: { 'photo.png': png('old') },
      work: String.raw`printf '\211PNG\0square' > photo.png`,
      meanwhile: { 'photo.png': png('round') },
      settle: (request) => {
        const copy = 'cp /run/coppice-conflicts/photo.png.unit photo.png';
        const commands: Record<number, string> = { 0: 'echo begun > begun', 3: copy };
        const command = commands[request.turn];
        return command === undefined ? { text: 'Done.' } : { tools: [{ name: 'bash', input: { command } }] };
      },
    });
    expect(doneOf(await again(2)).kept).toEqual(['photo.png']);
    const word = { id: 'w', by: 'Dana', text: 'Take yours.', call: null };
    const done = doneOf(await again(3, await bench.elsewhere(), [word]));
    expect(show(done.result, 'photo.png')).toContain('square');
    expect(done).not.toHaveProperty('kept');
  });
});

describe('markers that are no conflict’s', () => {
  it('are found in files that the agent has made, and may stay where attributes say so', async () => {
    const marked = String.raw`printf '<<<<<<< HEAD\na\n=======\nb\n>>>>>>> topic\n' > notes.md`;
    const context = await bench.planned((request) =>
      said(request).includes('still conflict markers')
        ? steps('', '', 'echo "notes.md conflict-marker-size=32" > .gitattributes', 'true')(request)
        : steps(marked)(request),
    );
    const done = doneOf(await bench.host.start(context).result);
    expect(done.changed).toEqual(['.gitattributes', 'notes.md']);
    expect(bench.asked(context.run).map(said).at(-1)).toContain('- notes.md, line 1');
  });
});

describe('what an agent is told of a conflict', () => {
  const facts = { marked: false, onTarget: true, onUnit: true, offered: [], remake: null };
  it.each([
    'contents',
    'add/add',
    'binary',
    'modify/delete',
    'rename/delete',
    'rename/rename',
    'file/directory',
    'distinct modes',
    'mode',
    'submodule',
    'lock',
    'directory rename split',
  ])('of the kind %s says whether there are markers', (kind) => {
    const without = conflictMet([{ ...facts, path: 'a', kind }]);
    expect(without).toMatch(/no markers|without markers/);
    expect(without).not.toContain('<<<<<<<');
    expect(conflictMet([{ ...facts, path: 'a', kind, marked: true }])).toMatch(/- a: .*carries markers[^]*<<<<<<</);
  });
});
