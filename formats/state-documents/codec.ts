// How Coppice reads back the documents that it writes for itself, possibly with another release: each has a version and
// a shape, and a codec with reader and writer side by side. Files that people write are read in formats/plan-file/ and
// formats/config-file/.

import type { z } from 'zod';
import { describePath } from '../yaml/wording.ts';
import { failure } from '../../contracts/failures.ts';

export interface Codec<Document> {
  /**
   * Returns the content of `text` exactly as written: no key is added, dropped or moved, because a conversation is sent
   * again byte for byte. Throws `DocumentTooNew` or `DocumentUnreadable`.
   */
  read(text: string): Document;
  write(document: Document): string;
}

interface CodecParts<Schema> {
  /** Used in messages. */
  readonly name: string;
  readonly version: number;
  /** The first release that reads this version. Documents of later versions name it, for releases before it. */
  readonly since: string;
  /** Required fields. Unknown fields pass, so that a new optional one needs no new version. */
  readonly schema: Schema;
  /** By version: turns a document into one of the next version. Documents of the first version may lack `version`. */
  readonly upgrades?: Readonly<Record<number, (old: unknown) => object>>;
  readonly indent?: number;
}

type Frozen<Value> = unknown extends Value ? Value : { readonly [Key in keyof Value]: Frozen<Value[Key]> };

/** `codecOf<Document>()(parts)` does not compile if the schema would refuse anything that `Document` allows. */
export function codecOf<Document extends object>() {
  return <Schema extends z.ZodType>(
    parts: CodecParts<Schema> & (Document extends Frozen<z.output<Schema>> ? unknown : { expected: z.output<Schema> }),
  ): Codec<Document> => {
    const { name, version, since, schema, upgrades = {}, indent } = parts;
    return {
      read(text) {
        const value = parse(name, text);
        const written = versionOf(name, value);
        if (written > version) throw tooNew(name, written, { version, value });
        let document = value;
        for (let at = written; at < version; at++) document = upgrades[at]?.(document) ?? document;
        const { error } = schema.safeParse(document);
        if (error !== undefined) throw unreadable(name, explain(error));
        // The one place where the checked shape becomes the type.
        return document as Document;
      },
      write(document) {
        const head = version === 1 ? { version } : { version, coppice: since };
        // The head comes first, and overrides the document's own fields.
        return `${JSON.stringify({ ...head, ...document, ...head }, null, indent)}\n`;
      },
    };
  };
}

function parse(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable(name, 'it is not JSON');
  }
}

/** Documents from before the field existed lack it and are of the first version. */
function versionOf(name: string, value: unknown): number {
  if (typeof value !== 'object' || value === null || !('version' in value)) return 1;
  const { version } = value;
  if (typeof version === 'number' && Number.isInteger(version) && version > 0) return version;
  throw unreadable(name, 'its version is not a whole number');
}

function tooNew(name: string, written: number, own: { readonly version: number; readonly value: unknown }): Error {
  const release = typeof own.value === 'object' && own.value !== null && 'coppice' in own.value && own.value.coppice;
  const needed =
    typeof release === 'string' && /^[\w.+-]{1,40}$/.test(release) ? `Coppice ${release}` : 'a later Coppice';
  return failure(
    'DocumentTooNew',
    `${name} has version ${written}, which needs ${needed}; the Coppice on this machine reads up to version ${own.version}`,
    { details: { document: name, version: written } },
  );
}

function unreadable(name: string, why: string): Error {
  return failure('DocumentUnreadable', `${name} cannot be read: ${why}`);
}

function explain({ issues }: z.ZodError): string {
  const [first] = issues;
  if (first === undefined) return 'it has an unexpected shape';
  const path = describePath(first.path);
  return `${path === '' ? 'the document' : path}: ${first.message}`;
}
