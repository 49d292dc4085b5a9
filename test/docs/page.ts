// The checkable parts of a Markdown page: its links and anchors, its inline code and its code blocks, each with its
// line. Supports only the Markdown that our pages use.

export interface Block {
  readonly language: string;
  readonly text: string;
  readonly line: number;
}

interface Piece {
  readonly text: string;
  readonly line: number;
}

export interface Page {
  /** From the top of the repository. */
  readonly path: string;
  readonly blocks: readonly Block[];
  readonly inlineCode: readonly Piece[];
  /** Targets of links and images. */
  readonly links: readonly Piece[];
  readonly anchors: ReadonlySet<string>;
}

export function readPage(path: string, text: string): Page {
  const { blocks, prose } = splitBlocks(text.split('\n'));
  const inlineCode = prose.flatMap(({ text: line, line: at }) =>
    [...line.matchAll(/`([^`]+)`/g)].map(([, code = '']) => ({ text: code.replaceAll('\\|', '|').trim(), line: at })),
  );
  const links = prose.flatMap(({ text: line, line: at }) =>
    [...line.replaceAll(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)[^)]*\)/g)].map(([, target = '']) => ({
      text: target,
      line: at,
    })),
  );
  return { path, blocks, inlineCode, links, anchors: anchorsOf(prose) };
}

function splitBlocks(lines: readonly string[]): { blocks: Block[]; prose: Piece[] } {
  const blocks: Block[] = [];
  const prose: Piece[] = [];
  let open: { indent: number; language: string; line: number; lines: string[] } | null = null;
  for (const [index, text] of lines.entries()) {
    const [, space = '', language = ''] = /^( *)```(\w*)/.exec(text) ?? [];
    const isFence = text.trimStart().startsWith('```');
    if (open === null) {
      if (isFence) open = { indent: space.length, language, line: index + 1, lines: [] };
      else prose.push({ text, line: index + 1 });
    } else if (isFence) {
      blocks.push({ language: open.language, text: `${open.lines.join('\n')}\n`, line: open.line });
      open = null;
    } else open.lines.push(text.slice(open.indent));
  }
  if (open !== null) throw new Error(`the code block of line ${open.line} does not end`);
  return { blocks, prose };
}

/** As GitHub makes them of headings. */
function anchorsOf(prose: readonly Piece[]): Set<string> {
  const anchors = new Set<string>();
  for (const { text } of prose) {
    const [, heading] = /^#{1,6} +(.*)$/.exec(text) ?? [];
    if (heading === undefined) continue;
    const words = heading.replaceAll(/\]\([^)]*\)/g, '').toLowerCase();
    const slug = words
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let n = 1; anchors.has(anchor); n++) anchor = `${slug}-${n}`;
    anchors.add(anchor);
  }
  return anchors;
}
