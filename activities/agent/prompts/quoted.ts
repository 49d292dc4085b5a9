// Foreign text inside a message to a model: between tags that it cannot close.

export function quoted(tag: string, content: string): string {
  const name = tag.split(' ', 1)[0] ?? tag;
  return `<${tag}>\n${content.replaceAll(`</${name}`, `<\\/${name}`).trim()}\n</${name}>`;
}
