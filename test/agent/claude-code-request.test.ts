// Which parts of a request from a sandbox are passed on to the model.

import { describe, expect, it } from 'vitest';
import { betasOf, paramsOf } from '../../activities/agent/drivers/claude-code/request.ts';
import { withOwnNames, withServerNames } from '../../activities/agent/drivers/claude-code/own-tools.ts';

const own = { name: 'mcp__coppice__report', description: 'Ends.', input_schema: { type: 'object' } };
const asked = {
  model: 'claude-opus-9',
  max_tokens: 64_000,
  stream: true,
  system: [{ type: 'text', text: 'You work.' }],
  tools: [own, { name: 'Bash', input_schema: { type: 'object' } }],
  thinking: { type: 'adaptive' },
  messages: [{ role: 'user', content: 'hi' }],
};
const as = { model: 'claude-sonnet-5-5', user: 'coppice/run/a' };

describe('a request out of a sandbox', () => {
  it('is asked of the session’s model, in its name, for an answer of the longest size', () => {
    expect(paramsOf(asked, as)).toEqual({
      ...asked,
      model: as.model,
      max_tokens: 32_000,
      metadata: { user_id: as.user },
    });
  });

  it('takes nothing along that costs more, acts, or looks anything up', () => {
    const more = {
      mcp_servers: [{ url: 'https://evil.example' }],
      speed: 'fast',
      service_tier: 'priority',
      container: 'x',
    };
    expect(Object.keys(paramsOf({ ...asked, ...more }, as))).toEqual(Object.keys(paramsOf(asked, as)));
  });

  const image = (source: object) => [{ type: 'image', source }];
  const refused = {
    'tools that the vendor runs': { tools: [own, { type: 'web_fetch_20250910', name: 'web_fetch' }] },
    'a conversation that is not the session’s': { tools: [{ name: 'Bash' }] },
    'no tools': { tools: undefined },
    'pictures by address': {
      messages: [{ role: 'user', content: image({ type: 'url', url: 'https://evil.example' }) }],
    },
    'files of the account': {
      messages: [
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 't', content: image({ type: 'file', file_id: 'f' }) }],
        },
      ],
    },
    'pictures by address in a document': {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'document', source: { type: 'content', content: image({ type: 'url', url: 'https://e' }) } },
          ],
        },
      ],
    },
    'files for a container': { messages: [{ role: 'user', content: [{ type: 'container_upload', file_id: 'f' }] }] },
    'no messages': { messages: [] },
    'no length': { max_tokens: 0 },
  };
  it.each(Object.entries(refused))('is refused: %s', (_, change) => {
    expect(() => paramsOf({ ...asked, ...change }, as)).toThrow(/served here|not a valid request|looked up/);
  });

  it('may have pictures of its own, and calls with addresses', () => {
    const content = [
      { type: 'tool_use', id: 't', name: 'Bash', input: { source: { type: 'url' } } },
      ...image({ type: 'base64', media_type: 'image/png', data: 'aaaa' }),
    ];
    expect(paramsOf({ ...asked, messages: [{ role: 'user', content }] }, as).messages).toEqual([
      { role: 'user', content },
    ]);
  });

  it('asks for betas that change an answer, and for no others', () => {
    const header =
      'claude-code-20250219,mcp-client-2025-04-04, effort-2025-11-24,web-fetch-2025-09-10,files-api-2025-04-14';
    expect(betasOf(header)).toEqual({ 'anthropic-beta': 'claude-code-20250219, effort-2025-11-24' });
    expect([betasOf('context-1m-2025-08-07'), betasOf(null)]).toEqual([{}, {}]);
  });
});

describe('the names of our tools', () => {
  it('are the driver’s own in the journal, and Claude Code’s for Claude Code', () => {
    const theirs = [
      { type: 'text', text: 'mcp__coppice__report' },
      { type: 'tool_use', id: '1', name: 'mcp__coppice__report', input: {} },
      { type: 'tool_use', id: '2', name: 'Bash', input: {} },
    ];
    const ours = withOwnNames(theirs);
    expect(ours.map(({ name }) => name)).toEqual([undefined, 'report', 'Bash']);
    expect(withServerNames(ours)).toEqual(theirs);
  });
});
