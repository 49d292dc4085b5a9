// Writes the pages of docs/ that are generated from the program itself: `npm run generate:docs`. A test compares them.

import { writeFileSync } from 'node:fs';
import { generatedDocs } from './docs/generated-docs.ts';

for (const [name, text] of Object.entries(generatedDocs())) {
  writeFileSync(new URL(`../docs/${name}`, import.meta.url), text);
}
