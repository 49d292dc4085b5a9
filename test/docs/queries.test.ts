import { readFileSync } from 'node:fs';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { openNamespace } from '../setup/namespace.ts';
import { savingViewPath, viewOfApprovals, views } from '../../domain/web-ui.ts';

const page = readFileSync(new URL('../../docs/web-ui.md', import.meta.url), 'utf8');
const queries = [...page.matchAll(/`((?:WorkflowType|Coppice\w+) = [^`]*)`/g)].map(([, query = '']) => query);

test.each(Object.values(views))('web-ui.md has the list "$name", with its query and a link that saves it', (view) => {
  expect(page).toContain(`[${view.name}](http://127.0.0.1:8233${savingViewPath('default', view)})`);
  expect(queries).toContain(view.query);
});

describe('the queries of web-ui.md', () => {
  let client: Client;

  beforeAll(async () => {
    const { address, namespace } = await openNamespace();
    client = new Client({ connection: await Connection.connect({ address }), namespace });
  });
  afterAll(() => client.connection.close());

  it('are there', () => {
    expect(queries.length).toBeGreaterThan(7);
  });

  it.each(queries)('%s is understood by Temporal', async (query) => {
    await expect(client.workflow.count(query)).resolves.toMatchObject({ count: 0 });
  });

  it("of one run's approvals is understood, too", async () => {
    await expect(client.workflow.count(viewOfApprovals('r1').query)).resolves.toMatchObject({ count: 0 });
  });

  it('with a name that does not exist are not', async () => {
    await expect(client.workflow.count("CoppiceFlavour = 'sweet'")).rejects.toThrow();
  });
});
