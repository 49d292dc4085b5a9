// The URL that a submodule's entry in `.gitmodules` means, as git resolves it. No I/O.

/**
 * Relative URLs (`./x`, `../x`) start from the repository that has the submodule; all others are returned as they are. A
 * result that leads above the top of the host is what git would make of it, for the URL rules to refuse.
 */
export function submoduleUrl(url: string, parent: string): string {
  if (!/^\.\.?(?:\/|$)/.test(url)) return url;
  let place = parent.replace(/\/+$/, '');
  let rest = url;
  for (;;) {
    if (/^\.\.(?:\/|$)/.test(rest)) {
      place = withoutLast(place);
      rest = rest.slice(3);
    } else if (/^\.(?:\/|$)/.test(rest)) rest = rest.slice(2);
    else break;
  }
  const end = rest.replace(/\/+$/, '');
  return end === '' ? place : `${place}${place.endsWith(':') ? '' : '/'}${end}`;
}

/** `git@host:app` has its last part after the colon. */
function withoutLast(place: string): string {
  const slash = place.lastIndexOf('/');
  const colon = place.lastIndexOf(':');
  return slash > colon ? place.slice(0, slash) : place.slice(0, colon + 1);
}
