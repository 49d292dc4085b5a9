// The JSON Schemas of the two files that users write, from the zod schemas that check them. Called by
// scripts/generate-schemas.ts and by the test that compares the committed files.

import { z } from 'zod';
import { configSchema } from './config-file/schema.ts';
import { planSchema } from './plan-file/schema.ts';

/** File name in schema/ → its text. */
export function generatedSchemas(): Record<string, string> {
  return {
    'plan.schema.json': textOf(planSchema),
    'config.schema.json': textOf(configSchema),
  };
}

function textOf(schema: z.ZodType): string {
  return `${JSON.stringify(z.toJSONSchema(schema, { io: 'input' }), null, 2)}\n`;
}
