// Follows a run from anywhere, whoever started it, and reports what people want to hear; a start for a chat bot or a
// dashboard. A latecomer is brought up to date first; it ends with the run.
//
//   node examples/follow-events.ts [RUN]
//
// RUN is any unique part of the run's id; without it, your latest run.

import { Coppice, type RunEvent } from '../client/api.ts';

await using coppice = await Coppice.connect();
const run = await coppice.run(process.argv[2] ?? '@latest');
for await (const event of run.events()) {
  const news = sentence(event);
  if (news !== null) console.log(`${event.at} ${news}`);
}

/** Null for events that need no report. The compiler knows the fields of each type of event. */
function sentence(event: RunEvent): string | null {
  switch (event.type) {
    case 'unit-landed':
      return `${event.unit} landed as ${event.commit?.slice(0, 8) ?? 'nothing new'} for $${event.costUsd.toFixed(2)}`;
    case 'unit-failed':
      return `${event.unit} is ${event.status}: ${event.reason ?? 'no reason given'}`;
    case 'approval-opened':
      return `${event.unit} waits for a person: ${event.summary} (${event.id})`;
    case 'approval-decided':
      return `${event.unit} was ${event.decision ?? 'decided'}`;
    case 'run-ended':
      return `${event.run} ${event.status}: ${event.landed} of ${event.total} units landed`;
    case 'unit-started':
    case 'unit-phase':
      return null;
  }
}
