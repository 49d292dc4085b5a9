// Writes the pages of docs/ that are made from the program itself: `npm run generate:docs`. A test compares.

import { writeFileSync } from 'node:fs';
import { generatedDocs } from './docs/generated-docs.ts';

for (const [name, text] of Object.entries(generatedDocs())) {
  writeFileSync(new URL(`../docs/${name}`, import.meta.url), text);
}
