import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openView, decision, noon, sha } from '../domain/fixtures.ts';
import { decide } from '../../domain/approval/decide.ts';
import { buttonValueOf, drawCard, parseButtonValue } from '../../people/slack/card.ts';
import type { CardBlock } from '../../people/slack/blocks.ts';
import type { ApprovalView } from '../../contracts/approval.ts';
import { headlineOf } from '../../people/describe-approval.ts';
import { escalated } from '../../domain/approval/timing.ts';
import { readIntent } from '../../people/slack/clicks/read-click.ts';

const anybody = { rule: 'all: ask', by: [], allowed: null };

function cardWith(title: string, paths: readonly string[] = ['src/a.ts']) {
  const { subject } = openView();
  return drawCard(openView({ subject: { ...subject, title, paths, pathCount: paths.length } }));
}

/** Every text object of a card. */
function texts(value: unknown): { type: string; text: string }[] {
  if (Array.isArray(value)) return value.flatMap(texts);
  if (typeof value !== 'object' || value === null) return [];
  const own =
    'type' in value && /plain_text|mrkdwn/.test(String(value.type)) ? [value as { type: string; text: string }] : [];
  return [...own, ...Object.values(value).flatMap(texts)];
}

/** The one line with markup: who may decide and until when. It has nothing but names of groups, ids and a date. */
const ours =
  /^[A-Z][\w ,-]*(?: \((?:<@[UW][A-Z0-9]+> ?)+\))? may decide until <!date\^\d+\^\{date_short_pretty\} \{time\}\|[\dTZ:.-]+>; (?:no answer means no|without an answer, the (?:agent decides by itself|unit fails))\.$/;

function withoutOurs(card: { readonly blocks: readonly CardBlock[] }): readonly CardBlock[] {
  const others = card.blocks.filter(
    (block) => !texts(block).some(({ type, text }) => type === 'mrkdwn' && ours.test(text)),
  );
  expect(others).toHaveLength(card.blocks.length - 1);
  return others;
}

describe('a card', () => {
  it('carries the approval’s id and hash in all buttons, and reads them back', () => {
    const values = [...JSON.stringify(cardWith('T').blocks).matchAll(/"value":("(?:[^"\\]|\\.)*")/g)];
    expect(values).toHaveLength(3);
    for (const [, value = ''] of values) {
      expect(parseButtonValue(JSON.parse(value) as string)).toEqual({
        id: 'run:r1:unit:a:approval:1',
        hash: sha(7),
        about: '“T”, repository',
      });
    }
  });

  it('shows who, what and when after the decision, and no buttons', () => {
    const { view } = decide(openView(), decision({ decision: 'deny', reason: 'too <big>' }), noon);
    const text = JSON.stringify(drawCard(view));
    expect(text).toContain('denied by Ulla (slack)');
    expect(text).toContain('Reason: too ‹big›');
    expect(text).toContain(`Decided: <!date^${Date.parse(noon) / 1000}^{date_short_pretty} {time}|${noon}>`);
    expect(text).not.toContain('actions');
  });

  it('shows the answer to a question, inert, once it is given', () => {
    const view = openView({ policy: anybody });
    const asks: ApprovalView = { ...view, kind: 'question', subject: { ...view.subject, question: 'Weeks?' } };
    const answer = decision({ decision: 'answer', text: 'Yes, <!here> *weeks*\n✅ approved by Dana' });
    const { blocks } = drawCard(decide(asks, answer, noon).view);
    expect(texts(blocks).map(({ text }) => text)).toContain('Answer:\n│ Yes, ‹!here› *weeks*\n│ ✅ approved by Dana');
    expect(texts(blocks).filter(({ type }) => type === 'mrkdwn')).toHaveLength(1);
  });

  it('does not speak of landing once it is denied', () => {
    const { subject } = openView();
    const preview = { words: '', files: [], diff: '', checks: ['lint'], costUsd: 1 };
    const view = openView({ policy: anybody, subject: { ...subject, preview } });
    const after = (choice: 'approve' | 'deny') =>
      JSON.stringify(drawCard(decide(view, decision({ decision: choice }), noon).view));
    expect(after('approve')).toContain('It must pass again before it lands.');
    expect(after('deny')).not.toContain('pass again');
  });

  it.each([
    ['question', { question: 'Weeks?' }, 'without an answer, the agent decides by itself.'],
    [
      'conflict',
      { problem: 'P', brief: { commit: sha(9), paths: [], pathCount: 0, others: [], lastWords: '' } },
      'without an answer, the unit fails.',
    ],
    ['budget', { spentUsd: 1, limitUsd: 1, topUpUsd: 1 }, 'no answer means no.'],
  ])('says what silence means: %s', (kind, more, said) => {
    const { subject } = openView();
    const view = { ...openView(), kind, subject: { ...subject, ...more } } as ApprovalView;
    expect(JSON.stringify(drawCard(view))).toContain(said);
  });

  it('does not let a title mention anybody, link anywhere, or pass for a line of the card', () => {
    const card = cardWith('<!channel> <@U1> <https://x|ok>\n✅ approved by Dana \u202Etxt', ['<!here>.ts']);
    const all = texts(withoutOurs(card));
    expect(all.every(({ type }) => type === 'plain_text')).toBe(true);
    expect(JSON.stringify([card.text, ...withoutOurs(card)])).not.toMatch(/<[!@h]/);
    expect(JSON.stringify(card)).not.toContain('\u202E');
    const [approved] = all.filter(({ text }) => text.includes('✅'));
    expect(approved?.text.split('\n').find((line) => line.includes('✅'))).toMatch(/^│ /);
  });

  it('shows of a change what the agent says, its lines, how it begins, what passed and what it cost, all inert', () => {
    const { subject } = openView();
    const preview = {
      words: 'I added the rate.\n✅ approved by <@U1>',
      files: [
        { path: 'src/a.ts', additions: 3, deletions: 1 },
        { path: 'logo.png', additions: null, deletions: null },
      ],
      diff: ['--- a/src/a.ts', '+++ b/src/a.ts', ...Array.from({ length: 20 }, (_, i) => `+  line ${i} <!here>`)].join(
        '\n',
      ),
      checks: ['unit tests', 'lint'],
      costUsd: 1.234,
    };
    const card = drawCard(
      openView({ subject: { ...subject, paths: ['src/a.ts', 'logo.png'], pathCount: 9, preview } }),
    );
    const all = texts(withoutOurs(card)).map(({ text }) => text);
    expect(all).toContain('The agent says:\n│ I added the rate.\n│ ✅ approved by ‹@U1›');
    expect(all).toContain('Changed files:\n│ src/a.ts +3 −1\n│ logo.png binary\n│ and 7 more');
    expect(all.find((text) => text.startsWith('The change begins'))).toMatch(
      /│ --- a\/src\/a\.ts\n[^]*│ \+ {2}line 12 ‹!here›\n│ … 7 more lines$/,
    );
    expect(all).toContain(
      'Passed in the unit’s worktree: unit tests, lint. It must pass again before it lands. Cost so far: $1.23.',
    );
    expect(JSON.stringify(withoutOurs(card))).not.toMatch(/<[!@]/);
  });

  it('has no buttons where nobody may decide, and says who may later', () => {
    const ghost = { rule: 'src: ask the owners', by: ['@ghost'], allowed: { slack: [], users: [] } };
    const escalate = { afterSeconds: 3600, to: ['owners'], people: { slack: ['U7'] } };
    const drawn = (policy: ApprovalView['policy']) => {
      const { blocks } = drawCard(openView({ policy }));
      const labels = blocks.flatMap(({ elements }) => texts(elements)).map(({ text }) => text);
      return { labels, footer: texts(blocks).find(({ type }) => type === 'mrkdwn')?.text };
    };
    expect(drawn(ghost)).toEqual({
      labels: ['Details', expect.any(String)],
      footer: expect.stringMatching(
        /^Nobody may decide, so it cannot be approved: correct people in .*\. Expires <!date\^\d+\^[^>]*>\.$/,
      ) as string,
    });
    expect(drawn({ ...ghost, timing: { escalate } })).toEqual({
      labels: ['Details', expect.any(String)],
      footer: expect.stringMatching(
        /^Nobody may decide yet; owners may from <!date\^\d+\^[^>]*> on\. Expires <!date\^\d+\^[^>]*>\.$/,
      ) as string,
    });
    const later = drawn(escalated({ ...ghost, timing: { escalate } }));
    expect(later.labels.slice(0, -1)).toEqual(['Approve', 'Deny', 'Details']);
    expect(later.footer).toMatch(/^@ghost, owners \(<@U7>\) may decide until /);
  });

  it('names only those who may agree, and says for whom nobody may', () => {
    const about = { paths: [], pathCount: 0 };
    const required = [
      { rule: 'a', by: ['@ghost <!here>'], allowed: {}, ...about },
      { rule: 'b', by: ['writers'], allowed: { slack: ['U1'] }, ...about },
    ];
    const { blocks } = drawCard(openView({ policy: { rule: 'a; b', by: [], allowed: { slack: ['U1'] }, required } }));
    expect(texts(blocks).find(({ type }) => type === 'mrkdwn')?.text).toMatch(
      /^Writers \(<@U1>\) may decide until <!date[^>]*>; no answer means no\. Nobody may agree for @ghost ‹!here›, so it cannot be approved: /,
    );
    expect(JSON.stringify(blocks)).toContain('"Approve"');
  });

  it('shows what is asked, of every kind, and only buttons that can answer it', () => {
    const place = { repository: '/srv/r.git', branch: 'main', title: 'T', requestedBy: 'dana' };
    const about = {
      budget: { kind: 'budget', subject: { ...place, spentUsd: 5.02, limitUsd: 5, topUpUsd: 5 } },
      question: { kind: 'question', subject: { ...place, question: 'Do <!here> weeks\ncount?' } },
      plan: {
        kind: 'plan',
        subject: {
          ...place,
          plan: 'ab'.repeat(20),
          units: [{ id: 'a', title: 'Do <!here>' }],
          unitCount: 3,
          parallel: 4,
          model: 'm',
          budgetUsd: 10,
          made: { why: 'Because <!channel>\nof that', costUsd: 1 },
          warnings: ['a and b <!here>'],
          estimate: { chain: 2, makespanSeconds: 3000, workSeconds: 12_000 },
        },
      },
      credential: { kind: 'credential', subject: { ...place, problem: '401 <b>' } },
      conflict: {
        kind: 'conflict',
        subject: {
          ...place,
          trouble: 'conflict',
          problem: 'conflict: with the target in src/<a>.ts',
          result: sha(7),
          onto: sha(8),
          returns: 2,
          brief: {
            commit: sha(9),
            paths: ['src/<a>.ts'],
            pathCount: 3,
            others: [{ commit: sha(8), subject: 'Weeks <!here>', unit: null }],
            lastWords: 'Which one?',
          },
        },
      },
    } as const;
    const drawn = Object.fromEntries(
      Object.entries(about).map(([kind, what]) => {
        const blocks = withoutOurs(drawCard({ ...openView({ hash: 'ab'.repeat(16) }), ...what, unit: null }));
        const labels = blocks.flatMap(({ elements }) => texts(elements)).map(({ text }) => text);
        return [kind, { text: JSON.stringify(blocks), labels }];
      }),
    );
    expect(drawn['budget']?.labels).toEqual(['Add $5.00', 'Deny']);
    expect(drawn['budget']?.text).toContain('Spent $5.02 of $5.00');
    expect(drawn['question']?.labels).toEqual(['Answer', 'No answer']);
    expect(drawn['question']?.text).toContain('│ count?');
    expect(drawn['question']?.text).toContain('coppice answer run:r1:unit:a:approval:1');
    expect(drawn['plan']?.labels).toEqual(['Begin', 'Changes wanted', 'Deny']);
    expect(drawn['plan']?.text).toMatch(
      /at most \$10\.00\. Estimated: 50 min for 3 h 20 min of work.*│ of that.*│ and 2 more|… and 2 more.*│ a and b ‹!here›/s,
    );
    expect(drawn['credential']?.labels).toEqual(['Continue', 'Give up']);
    expect(drawn['conflict']?.labels).toEqual(['Let the agent try again', 'Tell the agent how', 'Give up', 'Details']);
    expect(drawn['conflict']?.text).toMatch(/│ src\/‹a›\.ts\\n│ and 2 more.*│ 00000000 Weeks .*coppice resolve r1 /s);
    for (const card of Object.values(drawn)) {
      expect(card.text).not.toMatch(/<[!b]/);
      expect(card.text).not.toContain('"Unit: ');
    }
    const value = /"value":("(?:[^"\\]|\\.)*")/.exec(drawn['budget']?.text ?? '')?.[1] ?? '';
    expect(parseButtonValue(JSON.parse(value) as string)).toMatchObject({ hash: 'ab'.repeat(16) });
  });

  it('does not let the name of who decided mention anybody, in the notification neither', () => {
    const by = { channel: 'cli', id: 'u', name: '<!channel>\u061C' } as const;
    const { view } = decide(openView({ policy: anybody }), decision({ by }), noon);
    expect(view.status).toBe('approved');
    expect(JSON.stringify(drawCard(view))).not.toMatch(/<!(?!date\^)|\u061C/);
  });

  it('keeps to Slack’s limits whatever is in it', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 5000 }),
        fc.array(fc.string({ maxLength: 3000, size: 'max' }), { maxLength: 12 }),
        (title, paths) => {
          const { blocks } = cardWith(title, paths.slice(0, 50));
          expect(blocks.length).toBeLessThanOrEqual(50);
          for (const { text } of texts(blocks)) {
            expect(text.length).toBeGreaterThan(0);
            expect(text.length).toBeLessThanOrEqual(10 * 610);
          }
          for (const block of blocks) {
            const section = block as { text?: { text: string }; fields?: { text: string }[] };
            expect(section.text?.text.length ?? 0).toBeLessThanOrEqual(3000);
            for (const field of section.fields ?? []) expect(field.text.length).toBeLessThanOrEqual(2000);
          }
        },
      ),
    );
  });

  it('shows ten paths and how many more, however long one of them is', () => {
    const paths = ['x/'.repeat(2000), ...Array.from({ length: 40 }, (_, i) => `src/${i}.ts`)];
    const text = JSON.stringify(cardWith('T', paths).blocks);
    expect(text).toContain('│ src/8.ts');
    expect(text).not.toContain('src/9.ts');
    expect(text).toContain('│ and 31 more');
  });

  it('says how large the change is, where its host has said it', () => {
    const { subject } = openView();
    const size = { files: 3, additions: 120, deletions: 14 };
    const sized = drawCard(openView({ subject: { ...subject, size } }));
    expect(texts(sized.blocks).map(({ text }) => text.split('\n', 1)[0])).toContain(
      'Changed files (3 files +120 −14):',
    );
    expect(texts(cardWith('T').blocks).map(({ text }) => text.split('\n', 1)[0])).toContain('Changed files:');
  });

  it('says who has agreed and who is missing, and cuts no line in half', () => {
    const groups = (by: string, id: string, path: string) => ({
      rule: `merge of ${path}: ask`,
      by: [by],
      allowed: { slack: [id], users: [], email: [] },
      paths: [path],
      pathCount: 3,
    });
    const required = [groups('writers', 'U1', 'docs/a'), groups('maintainers', 'U2', '😀'.repeat(3000))];
    const policy = { rule: 'r', by: ['writers', 'maintainers'], allowed: null, required };
    const { view } = decide(openView({ policy }), decision(), noon);
    expect(view.status).toBe('open');
    const text = JSON.stringify(drawCard(view).blocks);
    expect(text).toContain('Ulla (slack) agreed; still missing: maintainers');
    expect(text).toContain('│ writers: Ulla (slack) agreed (docs/a, and 2 more)');
    expect(text).toContain('│ maintainers: missing (😀');
    expect(text.isWellFormed()).toBe(true);
    expect(text).toContain('coppice_approve');
  });

  it('is named in notifications by what it is about, inert', () => {
    const { subject } = openView();
    const size = { files: 3, additions: 120, deletions: 14 };
    const repository = 'git@github.com:acme/lib.git';
    const view = openView({ subject: { ...subject, repository, title: 'Parse ISO 8601 durations', size } });
    expect(drawCard(view).text).toBe('Approve “Parse ISO 8601 durations”? acme/lib, 3 files +120 −14');
    expect(drawCard(decide(view, decision(), noon).view).text).toBe(
      'approved by Ulla (slack): “Parse ISO 8601 durations”, acme/lib',
    );
    expect(cardWith('*<!here>* https://x.example').text).toBe(
      'Approve “‹!here› https:\u200b//x.example”? repository, 1 file',
    );
  });

  it('links only to pages that exist: the commit where it was pushed, the branch, the Web UI', () => {
    const { subject } = openView();
    const at = (repository: string, isOnRepository?: true) =>
      JSON.stringify(
        drawCard(
          openView({ subject: { ...subject, repository, branch: 'v1/>x', ...(isOnRepository && { isOnRepository }) } }),
          {
            webUi: { address: 'https://temporal.example', namespace: 'prod' },
            thread: null,
          },
        ).blocks.at(-1),
      );
    const unit = '<https://temporal.example/namespaces/prod/workflows/run%3Ar1%3Aunit%3Aa|The unit in Temporal>';
    const branch = '<https://github.com/acme/lib/tree/v1/%3Ex|The target branch>';
    expect(at('git@github.com:acme/lib.git')).toContain(`"${branch} · ${unit}"`);
    expect(at('https://github.com/acme/lib', true)).toContain(
      `"<https://github.com/acme/lib/commit/${sha(7)}|The change> · ${branch} · ${unit}"`,
    );
    expect(at('ssh://git@gitlab.acme.org:2222/a/b/c.git')).toContain('<https://gitlab.acme.org/a/b/c/-/tree/v1/%3Ex|');
    expect(at('https://git.acme.org/a/b', true)).toContain(`"${unit}"`);
    expect(JSON.stringify(cardWith('T'))).not.toContain('http');
  });

  it('has the approval asked for its user groups where they are too many for a button', () => {
    const slackIds = Array.from({ length: 21 }, (_, i) => `SGROUP${i}`);
    const groupsAsked = (count: number) => {
      const policy = { ...anybody, by: ['crowd'], allowed: { slack: slackIds.slice(0, count), email: [], cli: [] } };
      const value = buttonValueOf(openView({ policy }));
      const click = { user: { id: 'U1' }, actions: [{ action_id: 'coppice_approve', value }] };
      const intent = readIntent(click, noon);
      return intent?.type === 'decision' ? intent.groups : undefined;
    };
    expect(groupsAsked(20)).toEqual(slackIds.slice(0, 20));
    expect(groupsAsked(21)).toBeNull();
  });

  it('refuses button values that are not ours', () => {
    for (const value of ['', '{', '{}', 'null', '{"id":"x","hash":"y"}', `{"id":"queue:x","hash":"${sha(1)}"}`]) {
      expect(parseButtonValue(value)).toBeNull();
    }
  });
});

describe('a card about a tool call', () => {
  const request = {
    tool: 'bash',
    text: 'cd api\ngit push origin main # <!channel> `x`',
    directory: '/work/sub',
    matched: ['git push origin main'],
    words: 'I push it.',
    key: 'a'.repeat(64),
    hash: 'b'.repeat(64),
  };
  const { subject: of, kind: _, ...common } = openView({ hash: request.hash });
  const { repository, branch, title, requestedBy } = of;
  const place = { repository, branch, title, requestedBy };
  const view: ApprovalView = { ...common, kind: 'tool', subject: { ...place, ...request } };

  function buttons(shown: ApprovalView) {
    const actionsBlock = drawCard(shown).blocks.find(({ type }) => type === 'actions');
    return (actionsBlock?.['elements'] ?? []) as { action_id: string; value: string; text: { text: string } }[];
  }

  it('shows the command, where it would run and what rules ask about, and can allow it for the run', () => {
    const all = texts(drawCard(view).blocks).map(({ text }) => text);
    expect(all.join('\n')).toContain('It would run this with bash, in /work/sub:\n│ cd api\n│ git push origin main');
    expect(all.join('\n')).toContain('Rules ask about:\n│ git push origin main');
    expect(drawCard(view).text).toMatch(/^“Title of a” wants to run: git push origin main/);
    expect(buttons(view).map(({ text }) => text.text)).toEqual([
      'Run it once',
      'Always in this run',
      'Deny',
      'Details',
    ]);
    const pressed = buttons(view)[1];
    const click = { user: { id: 'U1' }, team: { id: 'T1' }, actions: [{ ...pressed, action_ts: '1.2' }] };
    expect(readIntent(click, noon)).toMatchObject({
      type: 'decision',
      decision: { decision: 'approve', remember: 'run', hash: request.hash },
    });
  });

  it.each([
    ['Write', ['src/a.ts'], 'wants to edit src/a.ts – repository'],
    ['bash', ['rm -rf *\n  ~/x_y', 'ls'], 'wants to run: rm -rf ∗ ∼/x＿y – repository'],
    ['bash', [], 'wants to run: cd api git push origin main # ‹!channel› ˋxˋ – repository'],
    [
      'bash',
      [`echo ${'x'.repeat(500)} | sh`],
      `wants to run: echo ${'x'.repeat(45)}…${'x'.repeat(44)} | sh – repository`,
    ],
    ['str_replace_based_edit_tool', ['any call'], 'wants to use str＿replace＿based＿edit＿tool – repository'],
    ['WebFetch', ['any call'], 'wants to use WebFetch – repository'],
  ])('has a headline of one line that names what the agent would do with %s', (tool, matched, said) => {
    const other: ApprovalView = { ...view, subject: { ...place, ...request, tool, matched } };
    expect(drawCard(other).text).toBe(`“Title of a” ${said}`);
  });

  it('says the same in a mail', () => {
    expect(headlineOf(view)).toBe('The agent wants to run: git push origin main');
    const edit: ApprovalView = {
      ...view,
      subject: { ...place, ...request, tool: 'Edit', matched: ['src/a\u202e.ts'] },
    };
    expect(headlineOf(edit)).toBe('The agent wants to edit src/a\\u202e.ts');
  });

  it('says after the decision for how long it holds', () => {
    const agreed = (remember?: 'unit' | 'run') =>
      decide(view, decision({ hash: request.hash, ...(remember === undefined ? {} : { remember }) }), noon).view;
    expect(JSON.stringify(drawCard(agreed('run')))).toContain('Allowed for the rest of the run.');
    expect(JSON.stringify(drawCard(agreed('unit')))).toContain('Allowed for the rest of the unit.');
    expect(JSON.stringify(drawCard(agreed()))).not.toContain('rest of');
  });

  it('asks each time where the rule is critical', () => {
    const critical = { ...view, policy: { ...view.policy, tier: 'critical' } } as const;
    expect(buttons(critical).map(({ text }) => text.text)).toEqual(['Run it once', 'Deny', 'Details']);
  });
});
