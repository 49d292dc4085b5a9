import { expect, it } from 'vitest';
import { channelsIn } from '../../contracts/people.ts';
import { parseConfig } from '../../formats/config-file/config-file.ts';

function errorsOf(text: string): string[] {
  return (parseConfig(text, 'coppice.yaml').errors ?? []).map(
    ({ at: { line, column }, message }) => `${line}:${column} ${message}`,
  );
}

it('turns e-mail on with the groups that are asked where anybody may decide, members included', () => {
  const text = `
notify: { email: { to: [owners, ops] } }
people:
  dana: { email: [dana@example.com], person: true }
  owners: { members: [dana], email: [kim@example.com] }
  ops: { email: [dana@example.com] }
`;
  const { config, errors } = parseConfig(text, 'coppice.yaml');
  expect(errors).toBeUndefined();
  expect(config?.notify).toEqual({ slack: null, email: { channel: 'kim@example.com, dana@example.com' } });
  expect(channelsIn(config?.notify ?? {})).toEqual([{ medium: 'email', channel: 'kim@example.com, dana@example.com' }]);
  expect(config?.people['owners']?.email).toEqual(['kim@example.com', 'dana@example.com']);
});

it('takes addresses that differ only in case for one, as they are spelled first', () => {
  const text = `
notify: { email: { to: [owners] } }
people:
  dana: { email: [Dana@Example.com, dana@example.com], person: true }
  owners: { members: [dana], email: [DANA@example.com, kim@example.com] }
policy: [{ action: merge, decide: ask, by: [owners] }]
`;
  const { config, errors } = parseConfig(text, 'coppice.yaml');
  expect(errors).toBeUndefined();
  expect(config?.notify.email?.channel).toBe('Dana@Example.com, kim@example.com');
  expect(config?.people['dana']?.email).toEqual(['Dana@Example.com']);
  expect(config?.people['owners']?.email).toEqual(['Dana@Example.com', 'kim@example.com']);
  expect(config?.persons).toMatchObject([{ name: 'dana', email: ['Dana@Example.com'] }]);
});

it('says where an address is none, and which group no mail reaches', () => {
  const text = `notify:
  email:
    to: [owners, nobody, onwers]
people:
  owners:
    email:
      - kim@example.com
      - Kim <kim@example.com>
      - "a@example.com,b@example.com"
  nobody: { slack: [U1] }
`;
  expect(errorsOf(text)).toEqual([
    '3:18 notify.email.to[1] names "nobody", who has no e-mail address: add `email: […]` to people.nobody or to one of its members',
    '3:26 notify.email.to names "onwers", which is not a group of people; did you mean "owners"?',
    '8:9 people.owners.email[1] must be an e-mail address and nothing else, such as dana@example.com',
    '9:9 people.owners.email[2] must be an e-mail address and nothing else, such as dana@example.com',
  ]);
});

it('wants at least one group, and no other key', () => {
  expect(errorsOf('notify: { email: {} }')).toHaveLength(1);
  expect(errorsOf('notify: { email: { to: [] } }')).toEqual([
    expect.stringContaining('notify.email.to must not be an empty list: name groups of people'),
  ]);
  expect(errorsOf('notify: { email: { channel: a@b } }').join()).toContain('channel');
});
