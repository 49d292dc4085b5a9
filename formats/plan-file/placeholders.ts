// Placeholders in the texts of a unit with `forEach`: `${{ path }}` stands for a value of an item. With one more dollar
// sign before it, a placeholder stands for itself.

const placeholder = /(\$?)\$\{\{([^{}\n]*)\}\}/g;

/** The names in a text, each as often as it is there. */
export function namesIn(text: string): string[] {
  return [...text.matchAll(placeholder)].flatMap(([, escape, name = '']) => (escape === '$' ? [] : [name.trim()]));
}

export function fill(text: string, valueOf: (name: string) => string): string {
  return text.replaceAll(placeholder, (whole, escape: string, name: string) =>
    escape === '$' ? whole.slice(1) : valueOf(name.trim()),
  );
}
