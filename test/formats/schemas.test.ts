import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { generatedSchemas } from '../../formats/json-schemas.ts';

const folder = new URL('../../schema/', import.meta.url);
const generated = Object.entries(generatedSchemas());

it('the schemas in schema/ are those that scripts/generate-schemas.ts writes, and no others', () => {
  const kept = readdirSync(folder).filter((name) => name.endsWith('.json'));
  expect(kept.toSorted()).toEqual(['config.schema.json', 'plan.schema.json']);
  expect(generated.map(([name]) => name).toSorted()).toEqual(kept.toSorted());
});

it.each(generated)('%s is what scripts/generate-schemas.ts writes', (name, text) => {
  expect(text.length).toBeGreaterThan(1000);
  expect(readFileSync(new URL(name, folder), 'utf8')).toBe(text);
});
