// A page as a browser understands it: parsed by the HTML standard's algorithm, with the parser's complaints.

import type { DefaultTreeAdapterTypes } from 'parse5';
import { parse } from 'parse5';

export type Element = DefaultTreeAdapterTypes.Element;
type Node = DefaultTreeAdapterTypes.Node;

export interface ParsedPage {
  readonly root: Node;
  /** Codes of parse errors with their lines. */
  readonly errors: readonly string[];
}

export function parsePage(text: string): ParsedPage {
  const errors: string[] = [];
  const root = parse(text, {
    sourceCodeLocationInfo: true,
    onParseError: ({ code, startLine }) => errors.push(`${startLine}: ${code}`),
  });
  return { root, errors };
}

/** All elements in the order of the document. */
export function elements(node: Node): Element[] {
  const children = 'childNodes' in node ? node.childNodes : [];
  return [...('tagName' in node ? [node] : []), ...children.flatMap(elements)];
}

/** As a reader sees it: spaces and line breaks are one space. */
export function textOf(node: Node): string {
  return rawText(node).replace(/\s+/g, ' ').trim();
}

export function rawText(node: Node): string {
  if ('value' in node) return node.value;
  return 'childNodes' in node ? node.childNodes.map(rawText).join('') : '';
}

export function attribute(element: Element, name: string): string | undefined {
  return element.attrs.find((each) => each.name === name)?.value;
}

export function withClass(root: Node, name: string): Element[] {
  return elements(root).filter((element) => attribute(element, 'class')?.split(' ').includes(name));
}
