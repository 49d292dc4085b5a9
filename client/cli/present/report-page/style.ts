// How the page of a report looks: light and dark, wide and narrow, on paper. Colours only repeat what shapes, signs and
// words already say.

export const style = `:root {
  --paper: #f7f7f4; --card: #fff; --ink: #1d231f; --soft: #5f6a63; --line: #dde2dd; --grid: #e8ebe7;
  --work: #2f7d55; --slot: #87928a; --human: #b9770e; --queue: #3a6db4; --good: #2f7d55; --bad: #b3261e; --warn: #8a5a00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #121513; --card: #1a1e1b; --ink: #e5eae6; --soft: #9ca79f; --line: #2f3631; --grid: #262c28;
    --work: #58b287; --slot: #7c877f; --human: #e0a33c; --queue: #7da9ea; --good: #6cc79a; --bad: #f0847a; --warn: #e0b15c;
  }
}
* { box-sizing: border-box; }
html { background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; -webkit-text-size-adjust: 100%; }
body { margin: 0; }
main { max-width: 74rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
h1, h2, p, ul, ol, dl, dd { margin: 0; padding: 0; }
ul, ol { list-style: none; }
h1 { font-size: 1.9rem; line-height: 1.2; letter-spacing: -0.01em; overflow-wrap: anywhere; display: flex; flex-wrap: wrap; gap: 0.3em 0.5em; align-items: center; }
h2 { font-size: 1.05rem; margin-bottom: 0.75rem; }
code { font: 0.88em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1.25rem 1.5rem; margin-top: 1.25rem; }
.kicker, .soft, .note, dt, th { color: var(--soft); }
.kicker { font-size: 0.85rem; margin-bottom: 0.25rem; }
.headline { font-size: 1.15rem; margin-top: 0.4rem; overflow-wrap: anywhere; }
.goal { margin-top: 0.6rem; max-width: 46rem; color: var(--soft); overflow-wrap: anywhere; }
.note { font-size: 0.88rem; margin-top: 0.6rem; overflow-wrap: anywhere; }
h2 + .note { margin: -0.4rem 0 0.8rem; }
.badge { font-size: 0.95rem; font-weight: 600; letter-spacing: 0; padding: 0.15em 0.7em; border: 1.5px solid currentColor; border-radius: 2em; }
.completed, .landed { color: var(--good); }
.failed { color: var(--bad); }
.cancelled, .asking, .parked { color: var(--warn); }
.skipped { color: var(--soft); }

.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr)); gap: 1px; margin-top: 1.5rem; background: var(--line); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
.figures > div { background: var(--card); padding: 0.9rem 1.1rem 1rem; }
.figures dt { font-size: 0.85rem; }
.figures b { display: block; font-size: 1.45rem; line-height: 1.3; font-weight: 600; font-variant-numeric: tabular-nums; }
.figures span { display: block; font-size: 0.82rem; line-height: 1.35; color: var(--soft); overflow-wrap: anywhere; }

.reasons li { padding: 0.35rem 0; border-top: 1px solid var(--grid); overflow-wrap: anywhere; }
.reasons li:first-child { border-top: 0; padding-top: 0; }
.reasons code { color: var(--bad); }
.reasons samp { display: block; margin-top: 0.3rem; font-size: 0.82rem; line-height: 1.4; color: var(--soft); }

.legend { display: flex; flex-wrap: wrap; gap: 0.35rem 1.4rem; font-size: 0.85rem; color: var(--soft); margin-bottom: 1rem; }
.legend b { color: var(--ink); font-variant-numeric: tabular-nums; }
.swatch { display: inline-block; position: relative; width: 1.8rem; height: 0.8rem; margin-right: 0.45rem; vertical-align: -0.08rem; }
.swatch .bar { left: 0; width: 100%; top: 0; height: 100%; }

.chart { --row: 1.75rem; --name: 13rem; --mid: calc(var(--row) / 2); --thick: 0.85rem; font-variant-numeric: tabular-nums; }
.dense { --row: 1.15rem; --thick: 0.6rem; font-size: 0.78rem; }
.packed { --row: 3px; --name: 0px; --thick: 2px; }
.axis { position: relative; height: 1.4rem; margin-left: var(--name); font-size: 0.75rem; color: var(--soft); }
.axis span { position: absolute; transform: translateX(-50%); white-space: nowrap; }
.axis span:first-child { transform: none; }
.plot { position: relative; }
.over { position: absolute; inset: 0 0 0 var(--name); pointer-events: none; }
.line { position: absolute; top: 0; bottom: 0; border-left: 1px solid var(--grid); }
.link { position: absolute; border-left: 1.5px solid var(--ink); margin-left: -1px; top: calc(var(--from) * var(--row) + var(--mid)); height: calc(var(--rows) * var(--row)); }
.row { position: relative; display: flex; height: var(--row); }
.name { width: var(--name); padding-right: 0.75rem; line-height: var(--row); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; flex: none; }
.packed .name { display: none; }
.critical .name { font-weight: 600; }
.lane { position: relative; flex: 1; min-width: 0; }
.mark { color: var(--ink); font-weight: 400; font-size: 0.8em; }
.bar { position: absolute; top: calc(var(--mid, 50%) - var(--thick, 0.8rem) / 2); height: var(--thick, 0.8rem); min-width: 1px; border: 0 solid; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.row .bar { top: calc(var(--mid) - var(--thick) / 2); }
.work { background: var(--work); }
.critical .work { outline: 1.5px solid var(--ink); outline-offset: 0.5px; z-index: 1; }
.packed .work { outline: 0 !important; }
.slot { border: 1px solid var(--slot); }
.row .slot { height: calc(var(--thick) * 0.45); top: calc(var(--mid) - var(--thick) * 0.225); }
.human { border: 1px solid var(--human); background: repeating-linear-gradient(135deg, var(--human) 0 2px, transparent 2px 6px); }
.queue { border: 1px solid var(--queue); background: repeating-linear-gradient(90deg, var(--queue) 0 1.5px, transparent 1.5px 5px); }
.unknown { border: 1px dashed var(--slot); }
.row .dependencies, .dependencies { height: 0; border-top: 2px dotted var(--slot); opacity: 0.6; }
.row .dependencies { top: calc(var(--mid) - 1px); }
.swatch .dependencies { top: calc(50% - 1px); height: 0; }
.packed .bar { border-width: 0; }
.packed .row .slot { background: var(--slot); opacity: 0.45; height: 1px; top: 1px; }
.packed .critical .work, .swatch .path { background: var(--ink); }
.packed .dependencies { display: none; }
.packed .human { background: var(--human); }
.packed .queue { background: var(--queue); }
.decided, .end { position: absolute; top: var(--mid); transform: translate(-50%, -50%); line-height: 1; font-weight: 700; z-index: 2; }
.row .decided { color: var(--ink); background: var(--card); border-radius: 50%; font-size: 0.85em; }
.legend .decided { position: static; transform: none; }
.end { transform: translate(0.25em, -50%); }
.retried { position: absolute; top: var(--mid); transform: translate(-110%, -50%); line-height: 1; color: var(--ink); z-index: 2; }
.legend .retried { position: static; transform: none; }
.packed .end, .packed .decided, .packed .retried { display: none; }

.scroll { overflow-x: auto; }
.graph { display: block; font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.graph text { dominant-baseline: central; fill: var(--ink); }
.graph .mark { text-anchor: middle; font-size: 10px; }
.graph rect { fill: var(--card); stroke: var(--line); stroke-width: 1.5; }
.graph .sign { fill: currentColor; font-weight: 700; text-anchor: middle; }
.graph .failed rect, .graph .cancelled rect { stroke: currentColor; stroke-dasharray: 5 3; }
.graph .skipped rect { stroke-dasharray: 2 3; }
.graph .node.critical rect { stroke: var(--ink); stroke-width: 2; }
.graph .edge { fill: none; stroke: var(--slot); stroke-width: 1.2; opacity: 0.7; }
.graph .edge.critical { stroke: var(--ink); stroke-width: 2.2; opacity: 1; }

table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 0.9rem; }
th { text-align: left; font-weight: 500; font-size: 0.82rem; white-space: nowrap; }
th, td { padding: 0.4rem 1rem 0.4rem 0; border-bottom: 1px solid var(--grid); vertical-align: top; }
tr:last-child td { border-bottom: 0; }
th:last-child, td:last-child { padding-right: 0; }
.n { text-align: right; white-space: nowrap; }
.wide { width: 60%; }
.units td:first-child { min-width: 13rem; overflow-wrap: anywhere; }
.units td:nth-child(2), .units td:nth-child(3) { white-space: nowrap; }
.cost { display: block; height: 0.7rem; margin-top: 0.35rem; background: var(--work); min-width: 1px; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
summary { cursor: pointer; margin-bottom: 0.5rem; }
footer { margin-top: 1.5rem; font-size: 0.88rem; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr)); gap: 0.3rem 2rem; }
.facts div { display: flex; gap: 0.8rem; }
.facts dt { flex: 0 0 4.5rem; }
.facts dd { overflow-wrap: anywhere; min-width: 0; }

@media (max-width: 44rem) {
  main { padding: 1.25rem 0.75rem 3rem; }
  section { padding: 1rem; border-radius: 8px; }
  h1 { font-size: 1.5rem; }
  .figures { grid-template-columns: 1fr 1fr; }
  .chart:not(.packed) { --name: 0px; --row: 2.7rem; --mid: 1.9rem; }
  .chart.dense { --row: 2.2rem; --mid: 1.6rem; }
  .chart:not(.packed) .row { display: block; }
  .name { width: auto; line-height: 1.5rem; position: absolute; inset: 0 0 auto 0; }
  .lane { display: block; height: 100%; }
  .facts { grid-template-columns: 1fr; }
}
@media print {
  :root { --paper: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --grid: #ddd; --work: #2f7d55; --slot: #777; --human: #8a5a00; --queue: #2a5699; --good: #1d5c3c; --bad: #8e1b14; --warn: #6d4700; }
  html { font-size: 11px; }
  main { max-width: none; padding: 0; }
  section { border: 0; border-top: 1px solid var(--line); border-radius: 0; padding: 0.8rem 0; }
  .row, tr, .reasons li, .figures > div { break-inside: avoid; }
  h2 { break-after: avoid; }
  .scroll { overflow: visible; }
  .graph { max-width: 100%; height: auto; }
  details::details-content { content-visibility: visible; block-size: auto; }
}
`;
