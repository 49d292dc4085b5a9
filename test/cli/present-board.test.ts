import { describe, expect, it } from 'vitest';
import type { RunBoard } from '../../client/watch/run-board.ts';
import { boardNews, boardText } from '../../client/cli/present/board.ts';
import { hostile } from './documents.ts';
import { unit } from '../domain/fixtures.ts';

const [a, b, c] = [unit('a'), unit('b'), unit('c')];
const at = '2026-11-24T11:02:33.000Z';
const plain = { isTTY: false };
const board = (change: Partial<RunBoard> = {}): RunBoard => ({
  run: 'r1' as RunBoard['run'],
  messages: [{ number: 3, at, from: a, to: [b, c], path: 'src/api', text: 'one\ntwo', open: [c] }],
  total: 3,
  notes: [{ key: 'api', text: 'GET /users', by: b, at }],
  claims: [{ unit: c, path: 'src/web' }],
  ended: false,
  ...change,
});

describe('a board', () => {
  it('shows who said what to whom, who has yet to hear it, and what is settled', () => {
    expect(boardText(board(), plain)).toBe(
      [
        '3  a → b, c, about src/api  2026-11-24T11:02:33Z',
        '  one',
        '  two',
        '  not heard yet: c',
        '',
        '2 earlier or heard messages are no longer kept',
        '',
        'note api  b  2026-11-24T11:02:33Z',
        '  GET /users',
        '',
        'c has claimed src/web',
      ].join('\n'),
    );
    expect(boardText(board({ messages: [], total: 0, notes: [], claims: [] }), plain)).toContain(
      'told each other nothing',
    );
  });

  it('shows of what follows only what is new', () => {
    const landed = { number: 4, at, from: null, to: [b], text: 'a has landed', open: [b] };
    const later = board({ messages: [...board().messages, landed], total: 4 });
    expect(boardNews(board(), later, plain)).toBe('4  coppice → b  2026-11-24T11:02:33Z\n  a has landed');
    expect(boardNews(board(), board({ messages: [], claims: [] }), plain)).toBe('');
  });

  it('shows nothing that a terminal would obey', () => {
    const text = boardText(
      board({
        messages: [{ number: 1, at, from: a, to: [b], path: hostile, text: hostile, open: [] }],
        notes: [{ key: hostile, text: hostile, by: b, at }],
        claims: [{ unit: c, path: hostile }],
      }),
      plain,
    );
    expect(['\u001b', '\u202e', '\u0007'].filter((sign) => text.includes(sign))).toEqual([]);
  });
});
