// Errors of YAML's syntax in words for people who know no grammar of it. What is rare stays as the parser says it.

type Wording = readonly [of: RegExp, say: (...groups: readonly string[]) => string];

const wordings: readonly Wording[] = [
  [
    /^Nested mappings are not allowed in compact/,
    () => 'a second ": " stands in one value: put a text that holds a colon in quotes; a map begins on a new line',
  ],
  [/^Implicit keys need to be on a single line/, () => 'a key must be on one line, with a colon after it'],
  [/^Implicit map keys need to be followed/, () => 'a key needs a colon and a space after it'],
  [/^Flow sequence .*must .*end with a \]/, () => 'a list that begins with [ is not closed with ]'],
  [/^Flow map .*must .*end with a \}/, () => 'a map that begins with { is not closed with }'],
  [
    /^Plain value cannot start with reserved character (.)/,
    (sign = '') => `put a text that begins with ${sign} in quotes`,
  ],
  [/^All mapping items must start at/, () => 'this line is not indented like the other keys of its map'],
  [/^All sequence items must start at/, () => 'this line is not indented like the other items of its list'],
  [
    /^Sequence item without - indicator/,
    () => 'this line is indented neither like the keys of the item above it nor like a new item, which begins with -',
  ],
  [/^Missing closing (['"])quote/, (sign = '') => `a text that begins with ${sign} is not closed with ${sign}`],
  [
    /^Unexpected .*(?:at node end|token in YAML stream)/,
    () => 'this cannot stand here: check the indentation and the quotes of this line and the one above',
  ],
];

export function wordSyntax(message: string): string {
  for (const [of, say] of wordings) {
    const found = of.exec(message);
    if (found !== null) return say(...found.slice(1));
  }
  return message.charAt(0).toLowerCase() + message.slice(1);
}
