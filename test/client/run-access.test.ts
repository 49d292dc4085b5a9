import { expect, it } from 'vitest';
import { accessOf } from '../../client/start/start-run.ts';
import { defaultConfig } from '../../contracts/documents/config.ts';
import { parseConfig } from '../../formats/config-file/config-file.ts';

function accessIn(text: string) {
  return accessOf(parseConfig(text, 'c').config ?? defaultConfig, 'dana');
}

it('who may see and steer a run from Slack is everybody in `people`; its requester only where that says who they are', () => {
  const text = `
notify: { slack: { channel: C1 } }
people:
  dana: { person: true, slack: [U1], users: [dana] }
  kim: { slack: [U2], users: [kim] }
  all: { members: [dana, kim], slack: [SGROUP], email: [x@example.com] }`;
  expect(accessIn(text)).toEqual({ channel: 'C1', people: ['U1', 'U2', 'SGROUP'], requester: ['U1'] });
  expect(accessIn('people: { kim: { slack: [U2], users: [dana] } }')).toEqual({
    channel: null,
    people: ['U2'],
    requester: [],
  });
  expect(accessIn('people: { d: { person: true, slack: [U1], users: [Dana] } }').requester).toEqual(['U1']);
  expect(accessIn('')).toEqual({ channel: null, people: [], requester: [] });
});
