// Credentials for https remotes, offered by askpass only: never in argv, a URL or a message, and only for the origin they
// were meant for. A redirect or a submodule that points elsewhere is asked for with its own origin and gets nothing.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface GitCredentials {
  readonly username: string;
  readonly token: string;
}

/** git asks "Username for 'https://host': " and "Password for 'https://user@host': ". */
const script = `#!/bin/sh
case "$1" in
  "Username for '$COPPICE_ASKPASS_ORIGIN': "*) printf '%s\\n' "$COPPICE_ASKPASS_USERNAME" ;;
  "Password for '$COPPICE_ASKPASS_USER_ORIGIN': "*) printf '%s\\n' "$COPPICE_ASKPASS_TOKEN" ;;
  *) exit 1 ;;
esac
`;

/** Variables that make git ask our script; `/bin/false` (no answer at all) without credentials for this URL. */
export function askpassEnvironment(url: string, credentials: GitCredentials | null): Record<string, string> {
  if (credentials === null || !/^https:\/\//i.test(url))
    return { GIT_ASKPASS: '/bin/false', SSH_ASKPASS: '/bin/false' };
  const { host } = new URL(url);
  const user = encodeURIComponent(credentials.username);
  return {
    GIT_ASKPASS: scriptPath(),
    COPPICE_ASKPASS_ORIGIN: `https://${host}`,
    COPPICE_ASKPASS_USER_ORIGIN: `https://${user}@${host}`,
    COPPICE_ASKPASS_USERNAME: credentials.username,
    COPPICE_ASKPASS_TOKEN: credentials.token,
  };
}

let installed: string | null = null;

/** The script holds no secret; one private copy per process, removed at its end. */
function scriptPath(): string {
  if (installed === null) {
    const folder = mkdtempSync(join(tmpdir(), 'coppice-askpass-'));
    installed = join(folder, 'askpass');
    writeFileSync(installed, script);
    chmodSync(installed, 0o700);
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  }
  return installed;
}
