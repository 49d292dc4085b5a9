// Credentials for https remotes, offered only through askpass: never in argv, a URL or a message, and only for the
// origin they are meant for. A redirect or a submodule that points elsewhere asks for its own origin and gets nothing.

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

/** Variables that make git call our script; without credentials for this URL, `/bin/false`, which never answers. */
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

/** The script holds no secret. One private copy per process, removed when the process exits. */
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
