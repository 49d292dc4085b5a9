// The report of a run as one page: no scripts, no fonts, no requests, so it opens equally from a disk, an archive, a
// mail or a server. The same report gives the same page.

import type { Report } from '../../../../contracts/documents/report.ts';
import { Markup, html } from './markup.ts';
import { conflictsSection, costSection, decisionsSection, unitsSection } from './tables.ts';
import { factsSection, figuresSection, headSection, reasonsSection } from './sections.ts';
import { graphSection } from './graph-drawing.ts';
import { style } from './style.ts';
import { timelineSection } from './timeline-chart.ts';

/** If something slipped through, still nothing would run and nothing would be fetched. */
const policy = "default-src 'none'; style-src 'unsafe-inline'";

export function reportHtml(report: Report): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Run ${report.run}: ${report.status}</title>
        <style>
          ${new Markup(style)}
        </style>
      </head>
      <body>
        <main>
          ${[headSection, figuresSection, reasonsSection, timelineSection, graphSection, unitsSection].map((section) => section(report))}${[costSection, conflictsSection, decisionsSection, factsSection].map((section) => section(report))}
        </main>
      </body>
    </html>`;
  return page.text;
}
