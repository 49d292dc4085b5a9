// Placeholders in the texts of a unit with `forEach`: `${{ path }}` stands for a value of an item. With one more dollar
// sign before it, a placeholder stands for itself.

const placeholder = /(\$?)\$\{\{([^{}\n]*)\}\}/g;

/** Of what is no placeholder: there is a brace in it, or the end of its line. */
const opening = /(\$?)\$\{\{(?![^{}\n]*\}\})(?=([^\n]{0,40}))/g;

/** The names in a text, each as often as it is there. */
export function namesIn(text: string): string[] {
  return [...text.matchAll(placeholder)].flatMap(([, escape, name = '']) => (escape === '$' ? [] : [name.trim()]));
}

/** The beginnings of placeholders that do not end, each cut after some signs. */
export function unclosedIn(text: string): string[] {
  return [...text.matchAll(opening)].flatMap(([, escape, rest = '']) =>
    escape === '$' ? [] : [`\${{${rest.split('${{', 1)[0] ?? ''}`.trimEnd()],
  );
}

export function fill(text: string, valueOf: (name: string) => string): string {
  return text.replaceAll(placeholder, (whole, escape: string, name: string) =>
    escape === '$' ? whole.slice(1) : valueOf(name.trim()),
  );
}
