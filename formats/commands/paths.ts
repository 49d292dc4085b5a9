// Paths as they are compared: however they are written.

/** Without empty parts, `.`, and `..` after a name; an absolute path stays one. */
export function normalPath(path: string): string {
  const names: string[] = [];
  for (const name of path.split('/')) {
    if (name === '' || name === '.') continue;
    if (name === '..' && names.length > 0 && names.at(-1) !== '..') names.pop();
    else names.push(name);
  }
  return `${path.startsWith('/') ? '/' : ''}${names.join('/')}`;
}

/** Whether a path that is already normal leaves the folder where it begins. */
export function isOutside(path: string): boolean {
  return path.startsWith('/') || path === '..' || path.startsWith('../');
}

/** Of a path from a folder that is not known, what is known of it: all that follows the last `..`. */
export function withoutWaysUp(path: string): string {
  return path.replace(/^(?:\.\.\/)+/, '');
}
