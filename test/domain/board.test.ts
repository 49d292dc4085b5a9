import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BoardState, emptyBoard, pace, room } from '../../domain/board/state.ts';
import { boardLimits } from '../../contracts/messages/board.ts';
import { bytesOf, cleanPath, cleanText, pathsOverlap } from '../../domain/board/text.ts';
import { claim } from '../../domain/board/claims.ts';
import { heard, leave, unitsOn, unreadOf } from '../../domain/board/inbox.ts';
import { landed } from '../../domain/board/landed.ts';
import { post } from '../../domain/board/post.ts';
import { sha, unit } from './fixtures.ts';
import { viewBoard } from '../../domain/board/view.ts';
import { writeNote } from '../../domain/board/notes.ts';

const [a, b, c] = [unit('a'), unit('b'), unit('c')];
const board = 'b0a7d000';
const minute = 60_000;

/** Steps of a board, one after the other, each a minute after the one before. */
class Played {
  state: BoardState = emptyBoard;
  now = 0;
  private tree = 0;

  /** By an agent that has changed a file since its last message, unless `tree` says otherwise. */
  post(from: string, to: string, text = 'hello', tree = (this.tree += 1)) {
    this.now += minute;
    const message = { from: { unit: unit(from), tree: sha(tree) }, to: [unit(to)], text };
    const { state, answer } = post(this.state, message, this.now);
    this.state = state;
    return answer;
  }

  note(from: string, key: string, text: string) {
    this.now += minute;
    const { state, answer } = writeNote(this.state, { from: { unit: unit(from), tree: sha(1) }, key, text }, this.now);
    this.state = state;
    return answer;
  }

  claim(from: string, paths: readonly string[], release?: true) {
    this.now += minute;
    const request = { from: { unit: unit(from), tree: sha(1) }, paths, ...(release === undefined ? {} : { release }) };
    const { state, answer } = claim(this.state, request, this.now);
    this.state = state;
    return answer;
  }

  landed(name: string, files: readonly string[], to: readonly string[], commit = (this.tree += 1)) {
    const notice = { unit: unit(name), commit: sha(commit), title: `Do ${name}`, files, fileCount: files.length };
    this.state = landed(this.state, { ...notice, to: to.map(unit) }, this.now);
  }

  unread(name: string, number: number | null = null, of = board) {
    const after = number === null ? null : { board: of, number };
    return unreadOf(this.state, unit(name), { board, after }).map((message) => message.text);
  }
}

describe('messages', () => {
  it('are unread until the journal holds them, and kept until a checkpoint does', () => {
    const played = new Played();
    expect(played.post('a', 'b', 'one')).toEqual({ accepted: true, number: 1, to: [b], notes: [] });
    played.post('c', 'b', 'two');
    expect(played.unread('b')).toEqual(['one', 'two']);
    expect(played.unread('b', 1)).toEqual(['two']);
    expect(played.unread('a')).toEqual([]);
    played.state = heard(played.state, b, 1);
    // A host that lost its journal after that checkpoint does not exist.
    expect(played.unread('b')).toEqual(['two']);
  });

  it('of another board than the one that the journal knows are all unread', () => {
    const played = new Played();
    played.post('a', 'b', 'one');
    expect(played.unread('b', 7, 'another')).toEqual(['one']);
  });

  it('come a few at a time, the oldest first', () => {
    const played = new Played();
    for (const from of ['c', 'd', 'e', 'f']) for (let n = 0; n < 4; n++) played.post(from, 'b', `${from}${n}`);
    const first = played.unread('b');
    expect(first).toHaveLength(10);
    expect([...first, ...played.unread('b', 10)]).toHaveLength(16);
  });

  it('reach whoever has claimed the path, and the units that the host names, but not the sender', () => {
    const played = new Played();
    played.claim('a', ['src/api']);
    played.claim('c', ['src/api/user.ts']);
    const message = { from: { unit: a, tree: sha(1) }, to: [b], path: 'src/api/user.ts', text: 'hello' };
    expect(post(played.state, message, minute * 9).answer).toMatchObject({ to: [b, c] });
    expect(post(emptyBoard, { ...message, to: [a] }, 0).answer).toMatchObject({ accepted: false });
  });
});

describe('a flood', () => {
  it('fills neither an inbox nor the board', () => {
    const played = new Played();
    const answers = Array.from({ length: room.inboxFromOne + 1 }, () => played.post('a', 'b'));
    expect(answers.at(-2)).toMatchObject({ accepted: true });
    expect(answers.at(-1)).toEqual({ accepted: false, message: 'b: has not read your earlier messages yet' });
    for (let n = 0; n < 30; n++) played.post(`s${n}`, 'b');
    expect(played.state.messages.filter(({ open }) => open.includes(b))).toHaveLength(room.inbox);
    expect(played.post('a', 'c')).toMatchObject({ accepted: true });
  });

  it('is slowed down, and ends', () => {
    let state = emptyBoard;
    const say = (now: number) => {
      const next = post(state, { from: { unit: a, tree: sha(now) }, to: [b], text: 'x' }, now);
      state = heard(next.state, b, next.state.next);
      return next.answer;
    };
    for (let n = 0; n < pace.perMinute; n++) expect(say(n)).toMatchObject({ accepted: true });
    expect(say(minute / 2)).toMatchObject({ accepted: false, message: expect.stringContaining('within a minute') });
    let last: unknown;
    for (let n = 1; n <= pace.inAll; n++) last = say(n * minute * 2);
    expect(last).toMatchObject({ accepted: false, message: expect.stringContaining('may not write again') });
  });

  it('of refused messages counts too', () => {
    let state = emptyBoard;
    const message = { from: { unit: a, tree: sha(1) }, to: [b], text: 'x'.repeat(100_000) };
    for (let n = 0; n < pace.perMinute; n++) ({ state } = post(state, message, 0));
    expect(post(state, { ...message, text: 'x' }, 0).answer).toMatchObject({ accepted: false });
  });
});

describe('two agents that answer each other', () => {
  it('are stopped when neither changes a file, and may go on when one of them does', () => {
    const played = new Played();
    const accepted = (from: string, to: string, tree: number) => played.post(from, to, 'you first', tree).accepted;
    expect([accepted('a', 'b', 1), accepted('b', 'a', 2), accepted('a', 'b', 1)]).toEqual([true, true, true]);
    expect(played.post('b', 'a', 'no, you', 2)).toMatchObject({
      accepted: false,
      message: expect.stringContaining('neither of you has changed a file'),
    });
    expect(accepted('b', 'a', 3)).toBe(true);
    expect([accepted('a', 'b', 1), accepted('b', 'a', 3), accepted('a', 'b', 1)]).toEqual([true, true, false]);
    // With others they may talk.
    expect(accepted('a', 'c', 1)).toBe(true);
  });

  it('are not stopped by one that tells the other several things', () => {
    const played = new Played();
    for (let n = 0; n < room.inboxFromOne; n++) expect(played.post('a', 'b', 'x', 1)).toMatchObject({ accepted: true });
    expect(played.post('b', 'a', 'y', 2)).toMatchObject({ accepted: true });
  });
});

describe('texts', () => {
  it('lose what does not show, and are refused when they are too long or empty', () => {
    const played = new Played();
    played.post('a', 'b', 'red \u001b[31mtext\u0000\u202e\r\nnext');
    expect(played.unread('b')).toEqual(['red text\nnext']);
    expect(played.post('a', 'b', 'é'.repeat(boardLimits.textBytes / 2 + 1))).toMatchObject({
      accepted: false,
      message: expect.stringContaining('the text has 2050 bytes'),
    });
    expect(played.post('a', 'b', ' \u0007 ')).toMatchObject({ accepted: false, message: 'the text is empty' });
  });

  it('have the size that they have in UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => bytesOf(text) === new TextEncoder().encode(text).length),
    );
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => cleanText(cleanText(text)) === cleanText(text)));
  });

  it('that are paths are inside the repository', () => {
    expect(['./src//api/', '/work/src/a.ts', 'a'].map(cleanPath)).toEqual(['src/api', 'src/a.ts', 'a']);
    expect(['..', 'a/../../b', '', '/', 'a\u0000b', 'x'.repeat(300)].map(cleanPath)).toEqual(Array(6).fill(null));
    expect([pathsOverlap('src', 'src/a'), pathsOverlap('src/a', 'src'), pathsOverlap('src/a', 'src/ab')]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe('notes', () => {
  it('are changed by their author alone, for as long as it is at work', () => {
    const played = new Played();
    expect(played.note('a', 'api', 'GET /users')).toEqual({ accepted: true });
    expect(played.note('b', 'api', 'POST /users')).toMatchObject({ accepted: false });
    played.note('a', 'api', 'GET /people');
    played.state = leave(played.state, a);
    expect(played.state.notes).toMatchObject([{ key: 'api', text: 'GET /people' }]);
    expect(played.note('b', 'api', '')).toEqual({ accepted: true });
    expect(played.state.notes).toEqual([]);
  });

  it('are few, and have a name', () => {
    const played = new Played();
    for (let n = 0; n < room.notesOfOne; n++) expect(played.note('a', `n${n}`, 'x')).toEqual({ accepted: true });
    expect(played.note('a', 'one-more', 'x')).toMatchObject({ accepted: false });
    expect(played.note('a', 'n0', 'y')).toEqual({ accepted: true });
    expect(played.note('b', '\u0000\n', 'x')).toMatchObject({ accepted: false, message: 'the key is empty' });
  });
});

describe('claims', () => {
  it('tell who else is there, and end with their unit', () => {
    const played = new Played();
    expect(played.claim('a', ['src/api', 'docs'])).toEqual({ accepted: true, others: [] });
    expect(played.claim('b', ['src/api/user.ts'])).toEqual({ accepted: true, others: [{ unit: a, path: 'src/api' }] });
    expect(played.claim('c', ['src'])).toMatchObject({ others: [{ unit: a }, { unit: b }] });
    played.claim('b', ['src/api/user.ts'], true);
    played.state = leave(played.state, a);
    expect(played.state.claims).toEqual([{ unit: c, path: 'src' }]);
    expect(played.claim('b', ['../..'])).toMatchObject({ accepted: false });
  });
});

describe('a landing', () => {
  it('is told to units that it concerns and to those that have claimed its files, once', () => {
    const played = new Played();
    played.claim('c', ['src/api']);
    played.post('b', 'a', 'too late');
    played.landed('a', ['src/api/user.ts', 'README.md'], ['b', 'a'], 77);
    played.landed('a', ['src/api/user.ts', 'README.md'], ['b', 'a'], 77);
    const text = `a has landed as ${sha(77).slice(0, 12)}: Do a\nChanged files: src/api/user.ts, README.md`;
    expect([played.unread('b'), played.unread('c'), played.unread('a')]).toEqual([[text], [text], []]);
  });

  it('that is one of many does not fill the inbox of a unit that waits', () => {
    const played = new Played();
    played.post('b', 'z', 'kept');
    for (let n = 0; n < 50; n++) played.landed(`u${n}`, [`f${n}`], ['z'], 100 + n);
    const unread = played.state.messages.filter(({ open }) => open.includes(unit('z')));
    expect(unread).toHaveLength(room.landings + 1);
    expect(unread.at(-1)?.text).toContain('u49 has landed');
  });

  it('names as many files as one can read', () => {
    const played = new Played();
    const files = Array.from({ length: 50 }, (_, n) => `${'deep/'.repeat(30)}${n}.ts`);
    played.landed('a', files, ['b']);
    const [text = ''] = played.unread('b');
    expect(bytesOf(text)).toBeLessThan(2_500);
    expect(text).toMatch(/ and \d+ more$/);
  });
});

it('a unit that has ended holds nothing on the board', () => {
  const played = new Played();
  played.post('a', 'b');
  played.post('b', 'a');
  played.claim('a', ['src']);
  played.note('a', 'k', 'v');
  expect(unitsOn(played.state).toSorted()).toEqual([a, b]);
  played.state = [a, b].reduce(leave, played.state);
  expect(unitsOn(played.state)).toEqual([]);
  // People can still read what was said.
  expect(viewBoard('r1' as never, played.state)).toMatchObject({ total: 2, messages: [{ open: [] }, { open: [] }] });
});

it('whatever agents do, the board fits into a payload', () => {
  // Everything that doubles or triples in a payload, as long as it may be.
  const text = '"'.repeat(boardLimits.textBytes);
  const name = (n: number) => `u${n}-`.padEnd(63, 'x');
  const path = '界'.repeat(boardLimits.pathCharacters - 5);
  let { state } = { state: emptyBoard };
  for (let n = 0; n < 1_050; n++) {
    const from = { unit: unit(name(n)), tree: sha(n) };
    const to = Array.from({ length: room.recipients }, (_, i) => unit(name(n + i + 1)));
    for (let at = 0; at < 2; at++) {
      ({ state } = post(state, { from, to, text }, 1_700_000_000_000 + at));
      ({ state } = writeNote(state, { from, key: `${n}-${at}`.padEnd(100, '界'), text }, 1_700_000_000_000 + at));
      ({ state } = claim(state, { from, paths: [`${path}${n}${at}`] }, 1_700_000_000_000 + at));
    }
    state = landed(
      state,
      { unit: unit('gone'), commit: sha(n), title: text, files: [path, path], fileCount: 2, to: to.slice(0, 3) },
      1,
    );
  }
  expect(Buffer.byteLength(JSON.stringify(state))).toBeLessThan(2 * 1024 * 1024 * 0.9);
  expect(Buffer.byteLength(JSON.stringify(viewBoard('r1' as never, state)))).toBeLessThan(2 * 1024 * 1024 * 0.9);
});
