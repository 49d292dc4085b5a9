// Writes the JSON Schemas of schema/: `npm run generate:schemas`. Schemas of the files that users write are made from
// the parsers' zod schemas; those of the documents that commands print, from schemas tied to the program's types. Tests
// compare them.

import { mkdirSync, writeFileSync } from 'node:fs';
import { generatedDocumentSchemas } from '../client/documents/documents.ts';
import { generatedSchemas } from '../formats/json-schemas.ts';

mkdirSync(new URL('../schema/documents/', import.meta.url), { recursive: true });
for (const [name, text] of Object.entries(generatedSchemas())) write(name, text);
for (const [name, text] of Object.entries(generatedDocumentSchemas())) write(`documents/${name}`, text);

function write(name: string, text: string): void {
  writeFileSync(new URL(`../schema/${name}`, import.meta.url), text);
}
