import fc from 'fast-check';
import { expect, test } from 'vitest';

import { OutputCollector } from '../../git/collect-output.ts';
import { readableOutput } from '../../activities/sandbox/readable-output.ts';

/** A sandbox that knows no secrets. */
const plain = { redact: (text: string) => text };

test('output within the limit is kept as it is', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (chunks) => {
      const collector = new OutputCollector(100_000);
      for (const chunk of chunks) collector.add(chunk);
      expect(collector.finish()).toEqual(Buffer.concat(chunks));
    }),
  );
});

test('of long output the head and the tail are kept, with what is missing said between them', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.integer({ min: 2, max: 60 }), (chunks, limit) => {
      const whole = Buffer.concat(chunks);
      fc.pre(whole.length > limit);
      const collector = new OutputCollector(limit);
      for (const chunk of chunks) collector.add(chunk);
      const head = whole.subarray(0, Math.ceil(limit / 2));
      const tail = whole.subarray(whole.length - Math.floor(limit / 2));
      const mark = Buffer.from(`\n[... ${whole.length - limit} bytes left out ...]\n`);
      expect(collector.finish()).toEqual(Buffer.concat([head, mark, tail]));
      expect(collector.size).toBe(whole.length);
    }),
  );
});

test('what a first cut left out counts in the second one, too', () => {
  const collector = new OutputCollector(1000);
  collector.add(Buffer.from('x'.repeat(5000)));
  expect(readableOutput(plain, collector.finish(), 100)).toBe(
    `${'x'.repeat(50)}\n[… 4900 bytes left out …]\n${'x'.repeat(50)}`,
  );
});

test.each([
  [
    'colours, links and titles',
    '\x1b[31mred\x1b[0m \x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\ \x1b]0;title\x07end',
    'red link end',
  ],
  ['other characters that drive a terminal', 'be\x07ll \0nul b\bs \x1besc \x90c1 del\x7f', 'bell nul bs sc c1 del'],
  ['characters that turn the direction', 'a\u202eb\u2066c\u200fd\u061ce', 'abcde'],
  ['what was drawn over on one line', 'first\n10 %\r50 %\rdone\r\nlast\r', 'first\ndone\nlast'],
])('what a command printed is shown without %s', (_, printed, shown) => {
  expect(readableOutput(plain, Buffer.from(printed), 1000)).toBe(shown);
});

test('tabs, lines and joined emoji of what a command printed stay, and what is no text is marked', () => {
  const printed = 'a\tb\n\n\u{1f469}\u200d\u{1f4bb} \u200bé\n';
  expect(readableOutput(plain, Buffer.from(printed), 1000)).toBe(printed);
  expect(readableOutput(plain, Uint8Array.of(0x61, 0xff, 0x62), 1000)).toBe('a\ufffdb');
});
