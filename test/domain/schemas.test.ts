import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { generatedSchemas } from '../../domain/files/json-schemas.ts';

it('the schemas in schema/ are what scripts/generate-schemas.ts writes', () => {
  for (const [name, text] of Object.entries(generatedSchemas())) {
    expect(readFileSync(new URL(`../../schema/${name}`, import.meta.url), 'utf8')).toBe(text);
  }
});
