import { describe, expect, it } from 'vitest';
import type { Report } from '../../../contracts/documents/report.ts';
import type { UnitId } from '../../../contracts/ids.ts';
import { type Element, attribute, elements, parsePage, rawText, textOf, withClass } from './parsed-page.ts';
import { began, harmless, hostile, report, reported } from '../documents.ts';
import { reportHtml } from '../../../client/cli/present/report-page/page.ts';

const decision = {
  id: 'run:261124-k3x9:unit:parse:approval:1',
  kind: 'merge',
  unit: 'parse' as UnitId,
  decision: 'approved',
  by: 'dana',
  channel: 'slack',
  at: '2026-11-24T11:02:00.123Z',
  reason: 'looks good',
} as const;

const mixed = report(
  [
    reported('parse', 'landed', {
      commit: 'c'.repeat(40) as never,
      estimated: true,
      attempts: 2,
      size: { files: 3, additions: 120, deletions: 14 },
    }),
    reported('bad', 'failed', { reason: 'conflict: with the target in src/a.ts', hosts: ['host-b'] }),
    reported('late', 'skipped', { reason: 'skipped: left out by erin', skippedBy: 'erin', startedAt: null }),
    reported('cli', 'skipped', {
      reason: 'dependency-failed: bad is failed',
      failedDependency: 'bad' as UnitId,
      needs: ['parse', 'bad'] as UnitId[],
      costUsd: 0,
      hosts: [],
      turns: 0,
      startedAt: null,
      seconds: { dependencies: 0, slot: 0, work: 0, human: 0, queue: 0 },
    }),
  ],
  { conflicts: { predicted: 0, met: 2, resolvedByAgent: 1, resolvedByPerson: 0 }, decisions: [decision] },
);

function units(n: number): Report['units'] {
  return Array.from({ length: n }, (_, i) =>
    reported(`unit-${i}`, i % 50 === 49 ? 'failed' : 'landed', {
      needs: (i < 3 ? [] : [`unit-${i - 3}`, `unit-${Math.floor(i / 2)}`]) as UnitId[],
      seconds: { dependencies: i, slot: 3, work: 20 + (i % 7), human: i % 11, queue: 2 },
      startedAt: began,
    }),
  );
}

/** Texts of a page's sections by their headings. */
function sections(text: string): Record<string, string> {
  const found = elements(parsePage(text).root).filter(({ tagName }) => tagName === 'section');
  return Object.fromEntries(found.map((section) => [textOf(elements(section)[1] ?? section), textOf(section)]));
}

describe('the page of a report', () => {
  it('says how the run ended, why units did not land, what it took, and who decided', () => {
    const page = parsePage(reportHtml(mixed));
    expect(textOf(withClass(page.root, 'headline')[0] ?? page.root)).toBe('1 of 4 units landed on main in 3m 12s');
    expect(withClass(page.root, 'figures').map(textOf)).toEqual([
      'Landed 1/4 1 failed, 2 skipped Time 3m 12s critical path: 1m 40s of work Work 6m 40s 2.1 × the time, on 2 hosts ' +
        'Cost ~$1.23 12 turns of model-1 Conflicts 2 1 resolved by agents, 0 by people Decisions 1 no unit waited for them',
    ]);
    const text = sections(reportHtml(mixed));
    expect(text['Why units did not land']).toContain('✗ bad conflict with the target in src/a.ts');
    expect(text['Why units did not land']).toContain('↷ late skipped: left out by erin');
    expect(text['Why units did not land']).toContain('↷ cli skipped: bad failed');
    expect(text['Units']).toMatch(/late .* ↷ skipped left out by erin .* cli .* ↷ skipped bad failed/);
    expect(text['Units']).toMatch(
      /parse Title of parse ✓ landed 2 attempts 3 files \+120 −14 1s 1m 00s 5s 4 ~\$0\.50 cccccccc host-a/,
    );
    expect(text['Cost']).toContain('~$1.23 in all');
    expect(text['Conflicts']).toContain('2 conflicts met, 0 predicted; 1 resolved by agents, 0 by people.');
    expect(text['Conflicts']).toContain('parse (landed)');
    expect(text['Decisions']).toMatch(/parse approved dana slack 2026-11-24T11:02:00Z \+2m 00s looks good/);
    expect(textOf(page.root)).toContain('main of git@example.com:team/app.git');
  });

  it('says for how long a tool call is allowed', () => {
    const allowed = { ...decision, kind: 'tool', remember: 'run' } as const;
    const text = sections(reportHtml(report([], { decisions: [allowed] })));
    expect(text['Decisions']).toContain('approved allowed for the rest of the run dana');
  });

  it('does not take a retry by a person for a return by the queue', () => {
    const part = { status: 'landed', reason: null, startedAt: began, endedAt: began, slices: 1, attempts: 1 } as const;
    const seconds = { dependencies: 0, slot: 0, work: 1, human: 0, queue: 0 };
    const tries = [
      { ...part, seconds, retry: 0 },
      { ...part, seconds, retry: 1 },
    ];
    const text = (attempts: number) =>
      sections(reportHtml(report([reported('again', 'landed', { attempts, retries: 1, tries })])));
    expect(text(2)['Units']).toContain('✓ landed retried once 1s');
    expect(text(2)).not.toHaveProperty('Conflicts');
    expect(text(3)['Units']).toContain('✓ landed 3 attempts retried once 1s');
    expect(text(3)['Conflicts']).toContain('again (landed)');
    expect(text(2)['Timeline']).toContain('↻ a person retried it');
  });

  it('tells steps and ends apart by shape and words, and marks the critical path', () => {
    const { root } = parsePage(reportHtml(report(units(9))));
    const rows = withClass(root, 'row');
    expect(rows).toHaveLength(9);
    const marked = rows.filter((row) => attribute(row, 'class')?.includes('critical'));
    expect(marked.filter((row) => !textOf(row).includes('◆'))).toEqual([]);
    expect(marked.length).toBeGreaterThan(1);
    const lane = withClass(root, 'lane')[8];
    expect(lane === undefined ? '' : attribute(lane, 'aria-label')).toBe(
      'unit-8: waits for what it needs 8s, waits for a slot 3s, works 21s, waits for a person 8s, is in the merge queue 2s; landed after 42s',
    );
    expect(textOf(withClass(root, 'legend')[0] ?? root)).toMatch(
      /waits for a slot 27s works 3m .* waits for a person \d+s/,
    );
  });

  it('draws the graph: a box for each unit that is connected, a line for each need', () => {
    const alone = reported('alone', 'landed');
    const { root } = parsePage(reportHtml(report([...units(9), alone])));
    expect(withClass(root, 'node')).toHaveLength(9);
    expect(withClass(root, 'edge')).toHaveLength(10);
    expect(textOf(root)).toContain('Without needs, and needed by none: alone');
    const isCritical = (element: Element) => attribute(element, 'class')?.split(' ').includes('critical');
    const onPath = withClass(root, 'node').filter(isCritical);
    expect(onPath.length).toBeGreaterThan(1);
    expect(withClass(root, 'edge').filter(isCritical)).toHaveLength(onPath.length - 1);
  });

  it('has no graph where no unit needs another, and levels where one would be unreadable', () => {
    const free = (n: number) => Array.from({ length: n }, (_, i) => reported(`free-${i}`, 'landed'));
    const needing = (id: string, needs: readonly string[]) => reported(id, 'landed', { needs: needs as UnitId[] });
    const chain = (n: number) =>
      Array.from({ length: n }, (_, i) => needing(`step-${i}`, i === 0 ? [] : [`step-${i - 1}`]));
    const dense = [
      ...free(31),
      ...free(20).map(({ id }) =>
        needing(
          `over-${id}`,
          free(31).map((each) => each.id),
        ),
      ),
    ];
    const graphOf = (of: Report['units']) => {
      const page = reportHtml(report(of));
      return { drawn: withClass(parsePage(page).root, 'graph').length, text: sections(page)['Dependencies'] };
    };
    expect(graphOf(free(9))).toEqual({ drawn: 0, text: undefined });
    expect(graphOf(chain(150))).toMatchObject({ drawn: 1 });
    expect(graphOf(chain(151))).toMatchObject({ drawn: 0, text: expect.stringContaining('and 101 more levels') });
    expect(graphOf(dense)).toMatchObject({ drawn: 0, text: expect.stringContaining('51 units are too many to draw') });
  });

  it.each([0, 1, 9, 100, 1000])('is right HTML for %d units, in which nothing runs and nothing is fetched', (n) => {
    const text = reportHtml(report(units(n)));
    const { root, errors } = parsePage(text);
    expect(errors).toEqual([]);
    const all = elements(root);
    const active = [
      'script',
      'link',
      'img',
      'iframe',
      'object',
      'embed',
      'form',
      'base',
      'image',
      'use',
      'a',
      'audio',
      'video',
    ];
    expect(all.filter(({ tagName }) => active.includes(tagName))).toEqual([]);
    const attributes = all.flatMap(({ attrs }) => attrs);
    expect(attributes.filter(({ name }) => /^on|href|^src|^action$/.test(name))).toEqual([]);
    const styles = [
      ...all.filter(({ tagName }) => tagName === 'style').map(rawText),
      ...attributes.filter(({ name }) => name === 'style').map(({ value }) => value),
    ];
    expect(styles.length).toBeGreaterThan(0);
    expect(styles.filter((style) => /url\(|@import|expression|NaN|undefined/.test(style))).toEqual([]);
    expect(text).not.toMatch(/https?:/);
    expect(all.find((element) => attribute(element, 'http-equiv') === 'Content-Security-Policy')).toBeDefined();
    expect(text.length).toBeLessThan(2_000 * n + 20_000);
  });

  it('is the same for the same report', () => {
    expect(reportHtml(structuredClone(mixed))).toBe(reportHtml(mixed));
  });

  it('shows 1,000 units in lines without names, a table that is folded away, and levels in place of the graph', () => {
    const { root } = parsePage(reportHtml(report(units(1000))));
    expect(withClass(root, 'packed')).toHaveLength(1);
    expect(withClass(root, 'row')).toHaveLength(1000);
    expect(elements(root).filter(({ tagName }) => tagName === 'details')).toHaveLength(1);
    expect(withClass(root, 'graph')).toEqual([]);
    expect(textOf(root)).toContain('1000 units are too many to draw');
    expect(textOf(root)).toMatch(/Critical path, \d+ units: unit-\d+ → .* → … → /);
  });

  it('leaves out of 3,000 units only what landed fast, and says so', () => {
    expect(reportHtml(report(units(3000)))).toContain('2000 more units landed faster and are not drawn.');
  });

  it.each([
    ['a script', '<script>alert(1)</script>'],
    ['an image', '"><img src=x onerror=alert(1)>'],
    ['an attribute', "' onmouseover='alert(1)' \" onfocus=\"alert(1)"],
    ['the end of the style', '</style></title></svg></textarea><script>alert(1)</script>'],
    ['a comment and CDATA', '--><!--<![CDATA[<svg onload=alert(1)>]]>'],
    ['references', '&lt;script&gt;&#60;script&#62;&#x3c;b&#x3e;'],
    ['controls', hostile],
  ])('shows %s in any text as text', (_name, text) => {
    const evil = reported(text, 'failed', {
      title: text,
      reason: `${text}: ${text}`,
      hosts: [text],
      commit: text as never,
    });
    const child = reported(`${text}2`, 'landed', { needs: [text as UnitId], title: text, attempts: 2 });
    const other = reported('skipped', 'skipped', { title: text, reason: text });
    const doc = report([evil, child, other], {
      run: text,
      goal: `${text}\n${text}`,
      branch: text,
      repository: text,
      model: text,
      startedBy: text,
      base: text,
      tip: `${text}!`,
      decisions: [{ ...decision, unit: text as UnitId, by: text, channel: text, reason: text, at: text }],
    });
    const plain = {
      ...doc,
      ...(JSON.parse(JSON.stringify(doc).replaceAll(JSON.stringify(text).slice(1, -1), 'x')) as Report),
    };
    // A goal has as many lines as it has.
    const shape = (of: Report): string[] =>
      elements(parsePage(reportHtml(of)).root)
        .filter(({ tagName }) => tagName !== 'br')
        .map(({ tagName, attrs }) => `${tagName} ${attrs.map(({ name }) => name).join(' ')}`);
    const { root, errors } = parsePage(reportHtml(doc));
    expect(errors).toEqual([]);
    expect(shape(doc)).toEqual(shape(plain));
    expect(rawText(root)).not.toMatch(/(?!\n)\p{Cc}|\u202e/u);
    if (text === hostile) expect(textOf(root)).toContain(harmless);
    else expect(textOf(root)).toContain(text);
  });
});
