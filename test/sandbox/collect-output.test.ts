import fc from 'fast-check';
import { expect, test } from 'vitest';

import { OutputCollector } from '../../activities/sandbox/collect-output.ts';

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
