// Creates a Temporal server's two databases, and migrates them to its version's schema with its own tool.

import type { Database } from './postgresql.ts';
import type { Programs } from './programs.ts';
import { run } from './children.ts';

const databases = [
  { name: 'temporal', schema: 'postgresql/v12/temporal' },
  { name: 'temporal_visibility', schema: 'postgresql/v12/visibility' },
];

export async function createSchema({ sqlTool }: Programs, database: Database, signal: AbortSignal): Promise<void> {
  const env = {
    ...process.env,
    SQL_PLUGIN: 'postgres12',
    SQL_HOST: '127.0.0.1',
    SQL_PORT: `${database.port}`,
    SQL_USER: database.user,
    SQL_PASSWORD: database.password,
  };
  const tool = (...args: string[]): Promise<string> => run({ command: [sqlTool, ...args], env }, signal);
  for (const { name, schema } of databases) {
    await tool('--database', name, 'create');
    await tool('--database', name, 'setup-schema', '--version', '0.0');
    await tool('--database', name, 'update-schema', '--schema-name', schema);
  }
}
