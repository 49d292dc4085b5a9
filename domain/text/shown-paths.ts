// Lists of paths for people: a few whole names, then how many more. A long name is cut in the middle, so that it pushes
// no other out of sight.

/** Maximum characters of one name. */
const longestName = 200;

export function shownPaths(paths: readonly string[], total: number, most: number, each = longestName): string[] {
  const shown = paths.slice(0, most).map((path) => shortened(path, each));
  const more = total - shown.length;
  return more > 0 ? [...shown, `and ${more} more`] : shown;
}

/** `parse, format and 14 more`: at most `most` of `total` names. */
export function andMore(names: readonly string[], most: number, total = names.length): string {
  const shown = names.slice(0, most);
  const more = total - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}

/** Cuts the middle: the beginning and the end say the most. */
export function shortened(path: string, most: number): string {
  const characters = Array.from(path);
  if (characters.length <= most) return path;
  const end = Math.floor((most - 1) / 2);
  return `${characters.slice(0, most - 1 - end).join('')}…${characters.slice(-end).join('')}`;
}
