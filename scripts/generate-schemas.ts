// Writes the JSON Schemas that editors use for completion: `node scripts/generate-schemas.ts`. The source is the zod
// schemas that the parsers use; a test compares.

import { writeFileSync } from 'node:fs';
import { generatedSchemas } from '../domain/files/json-schemas.ts';

for (const [name, text] of Object.entries(generatedSchemas())) {
  writeFileSync(new URL(`../schema/${name}`, import.meta.url), text);
}
