// Reads YAML 1.2 (and so JSON) into plain data and remembers where everything stands. Refuses constructs that make a
// file mean something other than it seems to: duplicate keys, unknown tags, aliases that nest or multiply. Knows
// nothing of plans.

import { isAlias, isMap, isNode, isPair, isScalar, isSeq, parseDocument, visit } from 'yaml';
import type { Document, Node, Pair } from 'yaml';
import type { Path } from './wording.ts';
import type { Place, PlacedError } from './placed-error.ts';
import { quote } from './wording.ts';
import { wordSyntax } from './syntax-wording.ts';

/** How many nodes aliases may add in total. */
const maxAliasedNodes = 100_000;
/** How deep maps and lists may nest; the parser is recursive. */
const maxNesting = 100;

export interface YamlDocument {
  /** Undefined if the text cannot be read. */
  readonly value: unknown;
  readonly errors: readonly PlacedError[];
  /** Where the value at `path` stands; if it is missing, the place of its container. */
  place(path: Path): Place;
  /** Where the last key of `path` stands. */
  placeOfKey(path: Path): Place;
}

export function readYaml(text: string, file: string): YamlDocument {
  const placeAt = placesOf(text, file);
  const unreadable = (errors: readonly PlacedError[]): YamlDocument => ({
    value: undefined,
    errors,
    place: () => placeAt(0),
    placeOfKey: () => placeAt(0),
  });
  let document: Document.Parsed;
  try {
    document = parseDocument(text, {
      version: '1.2',
      schema: 'core',
      merge: false,
      // Our own check is linear and names the first place.
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'error',
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return unreadable([{ at: placeAt(0), message: tooDeep }]);
  }
  // One mistake may be several errors of the parser at one place.
  const atOffset = new Map([...document.errors, ...document.warnings].toReversed().map((each) => [each.pos[0], each]));
  const syntax = [...atOffset.values()]
    .toReversed()
    .map(({ pos, message }) => ({ at: placeAt(pos[0]), message: wordSyntax(message) }));
  const overflow = syntax.find(({ message }) => message.includes('call stack'));
  if (overflow !== undefined) return unreadable([{ at: overflow.at, message: tooDeep }]);
  for (const errors of [syntax, nestingErrors(document, placeAt), aliasErrors(document, placeAt)]) {
    if (errors.length > 0) return unreadable(errors);
  }
  return {
    value: document.toJS({ maxAliasCount: -1 }) as unknown,
    errors: duplicateKeys(document, placeAt),
    place: (path) => placeAt(startOf(find(document, path).node)),
    placeOfKey: (path) => {
      const { node, key } = find(document, path);
      return placeAt(startOf(key ?? node));
    },
  };
}

/** Counts lines itself: the package's counter misses line breaks inside text that it could not read. */
function placesOf(text: string, file: string): (offset: number) => Place {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    const inside = Math.min(offset, text.length);
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= inside) low = middle;
      else high = middle;
    }
    return { file, line: low + 1, column: inside - (starts[low] ?? 0) + 1 };
  };
}

const tooDeep = `maps and lists nest deeper than ${maxNesting} levels`;

/** The code that walks the document later is recursive; the parser itself reports a stack overflow as an error. */
function nestingErrors(document: Document, placeAt: (offset: number) => Place): PlacedError[] {
  const errors: PlacedError[] = [];
  visit(document, {
    Collection(_, node, path) {
      if (path.length <= 2 * maxNesting) return;
      errors.push({ at: placeAt(startOf(node)), message: tooDeep });
      return visit.BREAK;
    },
  });
  return errors;
}

function duplicateKeys(document: Document, placeAt: (offset: number) => Place): PlacedError[] {
  const errors: PlacedError[] = [];
  visit(document, {
    Map(_, map) {
      const seen = new Map<string, number>();
      for (const pair of map.items) {
        const name = keyOf(pair);
        const offset = startOf(pair.key);
        const first = seen.get(name);
        if (first === undefined) seen.set(name, offset);
        else {
          const message = `key ${quote(name)} is given twice (first on line ${placeAt(first).line})`;
          errors.push({ at: placeAt(offset), message });
        }
      }
    },
  });
  return errors;
}

/** Aliases are a convenience for a shared list or text; nested ones let small files become huge. */
function aliasErrors(document: Document, placeAt: (offset: number) => Place): PlacedError[] {
  const errors: PlacedError[] = [];
  const sizes = new Map<Node, number>();
  let added = 0;
  visit(document, {
    Alias(_, alias) {
      const at = placeAt(startOf(alias));
      const target = alias.resolve(document);
      if (target === undefined) {
        errors.push({ at, message: `alias ${quote(`*${alias.source}`)} has no anchor before it` });
        return visit.BREAK;
      }
      const size = sizes.get(target) ?? sizeWithoutAliases(target);
      sizes.set(target, size);
      added += size;
      if (added <= maxAliasedNodes) return;
      const message = Number.isFinite(size)
        ? `aliases add more than ${maxAliasedNodes} values`
        : `alias ${quote(`*${alias.source}`)} stands for something that uses an alias itself`;
      errors.push({ at, message });
      return visit.BREAK;
    },
  });
  return errors;
}

/** The number of nodes in a tree; infinite if it contains an alias. */
function sizeWithoutAliases(tree: Node): number {
  let size = 0;
  visit(tree, {
    Node(_, node) {
      size = isAlias(node) ? Infinity : size + 1;
      return isAlias(node) ? visit.BREAK : undefined;
    },
  });
  return size;
}

/** The node at a path, or the deepest one above it, with the key that led there. */
function find(document: Document, path: Path): { node: unknown; key: unknown } {
  let node: unknown = document.contents;
  let key: unknown = null;
  for (const step of path) {
    const holder = isAlias(node) ? node.resolve(document) : node;
    if (isMap(holder)) {
      const pair = holder.items.find((item) => keyOf(item) === String(step));
      if (pair === undefined) return { node, key: null };
      key = pair.key;
      node = pair.value ?? pair.key;
    } else if (isSeq(holder) && typeof step === 'number' && holder.items[step] !== undefined) {
      key = null;
      node = holder.items[step];
    } else return { node, key: null };
  }
  return { node, key };
}

function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

function startOf(node: unknown): number {
  if (isPair(node)) return startOf(node.key);
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}
