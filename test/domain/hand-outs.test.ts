import { describe, expect, it } from 'vitest';
import { areEnough, type HandOut, judgeHandOuts, outrunDefault } from '../../domain/doctor/hand-outs.ts';

/** What a step costs besides: before a hand-out could be seen, and after it. */
interface Machine {
  /** Of a hand-out itself, without any limit. */
  readonly handOutMs: number;
  /** Of answering it and asking for the next one. */
  readonly answerMs: number;
}

/** As the server does it: a hand-out takes a token; there are `rate` at first, and each second adds as many. */
function handOutsOf({ handOutMs, answerMs }: Machine, rate: number, tokensUsed = 0, count = 100): HandOut[] {
  const handOuts: HandOut[] = [];
  let [now, tokens, filledAt] = [1_000, rate - tokensUsed, 1_000];
  for (let i = 0; i < count; i++) {
    const scheduledMs = now;
    tokens = Math.min(rate, tokens + ((now - filledAt) * rate) / 1000);
    filledAt = now;
    const pause = tokens >= 1 ? 0 : ((1 - tokens) * 1000) / rate;
    tokens -= 1;
    // By the clock of a machine with other work, now and then something takes far longer.
    const startedMs = now + pause + handOutMs + (i % 7 === 0 ? 40 : 0);
    handOuts.push({ scheduledMs, startedMs });
    now = startedMs + answerMs + (i % 5 === 0 ? 25 : 0);
  }
  return handOuts;
}

const quick: Machine = { handOutMs: 2, answerMs: 8 };
const busy: Machine = { handOutMs: 7, answerMs: 12 };

describe('hand-outs', () => {
  it.each([
    ['a quick machine', quick, 20, 0],
    ['a busy machine', busy, 20, 0],
    ['a server whose burst others have used up', quick, 20, 20],
    ['a lower limit', quick, 10, 0],
  ] as const)('are held back by a limit, on %s', (_, machine, rate, used) => {
    const { status, detail, hint } = judgeHandOuts(handOutsOf(machine, rate, used));
    expect([status, detail]).toEqual(['warn', expect.stringContaining('holds tasks back')]);
    expect(hint).toContain('`history.transferProcessorMaxPollRPS` to 1000');
  });

  it.each([
    ['a quick machine', quick],
    ['a busy machine', busy],
    ['a slow disk, which every write waits for', { handOutMs: 27, answerMs: 55 }],
    ['a server far away', { handOutMs: 3, answerMs: 160 }],
    ['a machine that is hardly there', { handOutMs: 40, answerMs: 200 }],
  ])('are not held back without one, on %s', (_, machine) => {
    expect(judgeHandOuts(handOutsOf(machine, 1000))).toMatchObject({ status: 'ok', hint: '' });
  });

  it('are not blamed where the limit holds nothing back, as a step takes longer anyway', () => {
    expect(judgeHandOuts(handOutsOf({ handOutMs: 10, answerMs: 60 }, 20)).status).toBe('ok');
  });

  it('say nothing while the burst lasts, or of too few', () => {
    for (const count of [0, 1, 20, 35]) {
      expect(judgeHandOuts(handOutsOf(quick, 20, 0, count))).toMatchObject({
        status: 'ok',
        detail: expect.stringContaining('not measured'),
      });
    }
  });

  it('are more than the default allows, or not', () => {
    expect(outrunDefault(handOutsOf(quick, 1000))).toBe(true);
    expect(outrunDefault(handOutsOf(busy, 1000))).toBe(true);
    for (const count of [1, 20, 30, 60, 100]) expect(outrunDefault(handOutsOf(quick, 20, 0, count))).toBe(false);
    expect(outrunDefault([])).toBe(false);
  });

  it('are enough as soon as it is clear which it is, and in any case in the end', () => {
    const neededOf = (all: readonly HandOut[]) => all.findIndex((_, i) => areEnough(all.slice(0, i + 1))) + 1;
    expect([neededOf(handOutsOf(quick, 1000)), neededOf(handOutsOf(quick, 20))]).toEqual([55, 55]);
    expect(neededOf(handOutsOf({ handOutMs: 10, answerMs: 60 }, 20))).toBe(100);
  });
});
