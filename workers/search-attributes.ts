// Makes sure that the namespace knows our search attributes: registers missing ones where that is allowed, else says
// which command does it. Safe to run twice, and by many workers at once.

import type { Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { failure } from '../domain/failures.ts';
import { searchAttributes } from '../domain/search-attributes.ts';

const { INDEXED_VALUE_TYPE_KEYWORD } = proto.temporal.api.enums.v1.IndexedValueType;

export async function ensureSearchAttributes(connection: Connection, namespace: string): Promise<void> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = searchAttributes.map(({ name }) => name).filter((name) => customAttributes?.[name] === undefined);
  if (missing.length === 0) return;
  try {
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map((name) => [name, INDEXED_VALUE_TYPE_KEYWORD])),
    });
  } catch (cause) {
    const commands = missing.map(
      (name) => `temporal operator search-attribute create --namespace ${namespace} --name ${name} --type Keyword`,
    );
    const message = `the namespace ${namespace} lacks ${missing.join(', ')}; run: ${commands.join(' && ')}`;
    throw failure('SearchAttributesMissing', message, { cause });
  }
}
