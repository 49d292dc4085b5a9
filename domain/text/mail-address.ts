// E-mail addresses as Coppice takes them: plain ones in ASCII, without a name, quotes or comments, so that no reader
// of a header can understand them in another way. Pure.

const longest = 200;
const label = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const plain = new RegExp(`^${atom}(?:\\.${atom})*@${label}(?:\\.${label})*$`);

export function isMailAddress(text: string): boolean {
  return text.length <= longest && plain.test(text);
}
