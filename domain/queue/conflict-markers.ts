// Markers that a merge leaves in a file. Three in order, each at the beginning of a line, are a conflict to git too.
// One alone counts only if it carries a name that our own merge gives its sides.

/** One place with markers in a text. */
export interface MarkerPlace {
  /** From 1. */
  readonly line: number;
  /** Length of the markers: 7, unless .gitattributes sets another one. */
  readonly size: number;
  /** The labels of the markers: the same labels in another version of the file mean the same place. */
  readonly key: string;
}

/** Shorter markers, which .gitattributes can ask for, look too much like a heading, a heredoc or a Python prompt. */
const candidate = /^(<{7,}|={7,}|>{7,})(?: ([^\r\n]*))?\r?$/gm;

export function findMarkers(text: string): MarkerPlace[] {
  if (!text.includes('<<<') && !text.includes('>>>')) return [];
  const places: MarkerPlace[] = [];
  let open: { readonly at: number; readonly size: number; readonly label: string; divided: boolean } | null = null;
  const line = lineCounter(text);
  for (const { index, 1: marker = '', 2: label = '' } of text.matchAll(candidate)) {
    const size = marker.length;
    if (marker.startsWith('<')) {
      if (open !== null && isOurs(open.label, 'target')) places.push(place(line(open.at), open.size, open.label, ''));
      open = { at: index, size, label, divided: false };
    } else if (marker.startsWith('=')) {
      if (open?.size === size && label === '') open.divided = true;
    } else if (open !== null && open.divided && open.size === size) {
      places.push(place(line(open.at), size, open.label, label));
      open = null;
    } else if (isOurs(label, 'unit')) {
      places.push(place(line(index), size, '', label));
    }
  }
  if (open !== null && isOurs(open.label, 'target')) places.push(place(line(open.at), open.size, open.label, ''));
  return places;
}

/** If the sides have the file under different names, git adds the path. */
function isOurs(label: string, side: 'target' | 'unit'): boolean {
  return label === side || label.startsWith(`${side}:`);
}

function place(line: number, size: number, from: string, to: string): MarkerPlace {
  return { line, size, key: `${size} ${from}\n${to}` };
}

/** Line numbers for ascending offsets. */
function lineCounter(text: string): (offset: number) => number {
  let line = 1;
  let counted = 0;
  return (offset) => {
    for (; counted < offset; counted++) if (text.charCodeAt(counted) === 10) line += 1;
    return line;
  };
}

/** A changed file: the markers in its earlier version and in the new one. */
export interface MarkedFile {
  readonly path: string;
  readonly before: readonly MarkerPlace[];
  readonly after: readonly MarkerPlace[];
}

export interface NewMarker extends MarkerPlace {
  readonly path: string;
}

/**
 * Markers that are neither in an earlier version of their file nor lost by another one: a document that shows markers
 * may move.
 */
export function newMarkers(files: readonly MarkedFile[]): NewMarker[] {
  const lost = new Map<string, number>();
  for (const { before, after } of files) {
    const kept = countKeys(after);
    for (const [key, count] of countKeys(before)) add(lost, key, Math.max(0, count - (kept.get(key) ?? 0)));
  }
  return files.flatMap(({ path, before, after }) => {
    const known = countKeys(before);
    return after.filter(({ key }) => !take(known, key) && !take(lost, key)).map((each) => ({ ...each, path }));
  });
}

function countKeys(places: readonly MarkerPlace[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { key } of places) add(counts, key, 1);
  return counts;
}

function add(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

function take(counts: Map<string, number>, key: string): boolean {
  const count = counts.get(key) ?? 0;
  if (count > 0) counts.set(key, count - 1);
  return count > 0;
}

/** The texts of a file in conflict: as the merge wrote it, both sides, and as it is now. */
export interface ResolvedTexts {
  readonly merged: string;
  readonly sides: readonly string[];
  readonly now: string;
}

/**
 * Marker lines that the merge wrote, that neither side has, and that are still there. Compares whole lines and their
 * counts.
 */
export function leftoverLines({ merged, sides, now }: ResolvedTexts): string[] {
  const marker = /^(?:[<|>]{3,}(?: [^\r\n]*)?|={3,})\r?$/gm;
  const count = (text: string): Map<string, number> => {
    const counts = new Map<string, number>();
    for (const [line] of text.matchAll(marker)) add(counts, line.trimEnd(), 1);
    return counts;
  };
  const theirs = new Map<string, number>();
  for (const side of sides) for (const [line, times] of count(side)) add(theirs, line, times);
  const written = count(merged);
  const present = count(now);
  return [...written.keys()].filter(
    (line) => (written.get(line) ?? 0) > (theirs.get(line) ?? 0) && (present.get(line) ?? 0) > (theirs.get(line) ?? 0),
  );
}
