// If an agent left a conflict as the merge made it, people see that wherever they decide or read the outcome.

import { describe, expect, it } from 'vitest';
import { approvalsText } from '../../client/cli/present/approvals.ts';
import { drawCard } from '../../people/slack/card.ts';
import { openView } from '../domain/fixtures.ts';
import { report, reported } from './documents.ts';
import { reportMarkdown } from '../../client/cli/present/report-markdown.ts';
import { reportHtml } from '../../client/cli/present/report-page/page.ts';
import { reportText } from '../../client/cli/present/report.ts';

const name = 'art/\u202elogo\n.png';

describe('conflicts that an agent has left as the merge made them', () => {
  const of = (kept: readonly string[]) => report([reported('draw', 'landed', { kept }), reported('other', 'landed')]);
  const formats = {
    text: (kept: readonly string[]) => reportText(of(kept), {}),
    markdown: (kept: readonly string[]) => reportMarkdown(of(kept)),
    html: (kept: readonly string[]) => reportHtml(of(kept)),
  };

  it.each(Object.entries(formats))('are in the report as %s, with their unit', (_, format) => {
    const text = format(['logo.png', name]);
    expect(text).toMatch(/left as merged.*logo\.png \(draw\), art\/.*\(draw\)/s);
    expect(text).not.toContain('\u202e');
    expect(format(Array.from({ length: 30 }, (__, i) => `f${i}.png`))).toContain('and 22 more');
  });

  it('are on the card and in the list of approvals', () => {
    const { subject } = openView();
    const view = openView({ subject: { ...subject, kept: ['logo.png', name] } });
    const card = JSON.stringify(drawCard(view).blocks);
    expect(card).toContain('left as the merge made them');
    expect(card).toContain('│ logo.png');
    const list = approvalsText([view], {}, { user: 'dana', now: new Date(view.since) });
    expect(list).toContain('in conflict, and left as the merge made it: logo.png');
    for (const text of [card, list]) expect(text).not.toContain('\u202e');
    for (const text of [JSON.stringify(drawCard(openView()).blocks), approvalsText([openView()], {}, { user: 'dana' })])
      expect(text).not.toContain('left as');
  });
});
