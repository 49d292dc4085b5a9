// Makes docs/config.md from the zod schema of coppice.yaml: a section for each key, a table of the keys below it, and
// the schema's own example as YAML. A key's meaning is written only once, in formats/config-file/schema.ts.

import { stringify } from 'yaml';
import { z } from 'zod';
import { configSchema } from '../../formats/config-file/schema.ts';
import { cell, generatedNote, table } from './markdown.ts';

type Schema = z.core.JSONSchema.BaseSchema;

interface Row {
  readonly key: string;
  readonly schema: Schema;
}

const introduction = `\`coppice.yaml\` at the top of the repository says how work is done there. Without the file, the defaults apply and nothing is verified. A key is optional unless its description says otherwise; an unknown key is an error. The file may have at most 256 KiB.

A run uses the file as it was on the target branch when the run started, for agents and for policy. The merge queue takes \`setup\`, \`verify\` and \`sandbox\` from the commit that it builds on. Coppice never takes them from an agent’s worktree.

A **glob** is relative to the top of the repository:

- It has no leading \`/\`, no \`..\` and no leading \`!\`. It matches dotfiles.
- Syntax is \`*\`, \`?\`, \`**\` as a whole name, lists \`{a,b}\`, classes \`[abc]\`, \`[a-z]\` and \`[!a]\`, and \`\\\` to escape a character; \`docs/\` is \`docs/**\`.
- Everything else is part of a name: \`app/(admin)/**\`, \`+layout.svelte\`, \`@scope/**\`.
- A glob with brackets or braces, such as \`routes/[id]/**\`, always matches that literal name. If the target has no such name, it matches as a class or list too. Rules that ask or deny and \`landing.protect\` always match both.
- If a glob matches no path of the target, the start of a run, \`coppice doctor\` and \`coppice plan validate --repo\` report it.

A **time** is \`90s\`, \`10m\`, \`2h\` or a plain number of seconds; at most 7 days. A **period** is for people: whole minutes, hours or days such as \`30m\`, \`4h\` or \`3d\`, from \`1m\` to \`365d\`, always with the unit. Plans have their own page: [plan-file.md](plan-file.md).`;

export function configReference(): string {
  const { properties = {} } = z.toJSONSchema(configSchema, { io: 'input' });
  const sections = Object.entries(properties).map(([key, schema]) => section(key, asSchema(schema)));
  return [generatedNote, '# `coppice.yaml`', introduction, ...sections].join('\n\n') + '\n';
}

function section(key: string, schema: Schema): string {
  const rows = rowsBelow(key, schema);
  const facts = rows.length === 0 || schema.type !== 'object' ? ` ${kindAndDefault(schema)}` : '';
  const examples = (schema.examples ?? []).map((example) => stringify({ [key]: example }, { lineWidth: 0 }));
  return [
    `## \`${key}\``,
    `${schema.description ?? ''}${facts}`,
    ...(rows.length === 0 ? [] : [table(['key', 'type', 'default', 'meaning', 'example'], rows.map(cellsOf))]),
    ...examples.map((example) => `\`\`\`yaml\n${example}\`\`\``),
  ].join('\n\n');
}

function kindAndDefault(schema: Schema): string {
  return `_${capital(kindOf(schema))}${schema.default === undefined ? '' : `, default ${code(schema.default)}`}._`;
}

function cellsOf({ key, schema }: Row): string[] {
  const { description = '', examples: [example] = [] } = schema;
  const shown = schema.default === undefined ? '' : code(schema.default);
  return [
    cell(`\`${key}\``),
    cell(kindOf(schema)),
    shown,
    cell(description),
    example === undefined ? '' : code(example),
  ];
}

/** Every key below this one, as written in prose: `verify[].name`, `people.<group>.users`. */
function rowsBelow(key: string, schema: Schema): Row[] {
  const { properties = {}, additionalProperties, items, anyOf = [] } = schema;
  return [
    ...Object.entries(properties).flatMap(([name, below]) => {
      const row = { key: `${key}.${name}`, schema: asSchema(below) };
      const inner = rowsBelow(row.key, row.schema);
      return row.schema.type === 'object' ? inner : [row, ...inner];
    }),
    ...(typeof additionalProperties === 'object' ? rowsBelow(`${key}.<name>`, additionalProperties) : []),
    ...(isSchema(items) ? rowsBelow(`${key}[]`, items) : []),
    ...anyOf.flatMap((choice) => rowsBelow(key, asSchema(choice))),
  ];
}

function kindOf(schema: Schema): string {
  const { title, type, anyOf, items, minimum, maximum } = schema;
  if (title !== undefined) return title;
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => code(value)).join(', ');
  if (anyOf !== undefined) return anyOf.map((choice) => kindOf(asSchema(choice))).join(' or ');
  if (type === 'integer') return `whole number, ${count(minimum)} to ${count(maximum)}`;
  if (type === 'number') return 'number above 0';
  if (type === 'boolean') return '`true`, `false`';
  if (type === 'array') return isSchema(items) ? `list of ${plural(items)}` : 'list';
  if (type === 'object') return 'map';
  return type === 'string' ? 'text' : String(type);
}

function plural(items: Schema): string {
  const kinds = (items.anyOf ?? [items]).map((choice) => kindOf(asSchema(choice)));
  return kinds.map((kind) => (kind === 'text' ? kind : `${kind}s`)).join(' or ');
}

function code(value: unknown): string {
  return cell(`\`${flow(value)}\``);
}

/** One line of YAML. */
function flow(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0 }).trim();
}

function count(value: number | undefined): string {
  return (value ?? 0).toLocaleString('en-US');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON Schema also allows `true` and `false` as schemas; ours has none. */
function asSchema(value: unknown): Schema {
  if (!isSchema(value)) throw new Error('a schema that is not an object');
  return value;
}
