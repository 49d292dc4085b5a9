import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, expect, test } from 'vitest';

import { makeHost } from './fixtures.ts';

const searchPath = process.env['PATH'] ?? '';
afterEach(() => {
  process.env['PATH'] = searchPath;
});

test('a host without bubblewrap is a named failure that says what to install', async () => {
  process.env['PATH'] = '/nowhere';
  await expect(makeHost()).rejects.toMatchObject({
    type: 'SandboxUnavailable',
    message: expect.stringMatching(/bwrap.*install the package bubblewrap/),
  });
});

test('a bubblewrap that does not work here is a named failure that says what was tried', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'coppice-no-bwrap-'));
  const message = 'bwrap: No permissions to create new namespace';
  writeFileSync(path.join(folder, 'bwrap'), `#!/bin/sh\necho '${message}' >&2; exit 1\n`, { mode: 0o755 });
  process.env['PATH'] = `${folder}:${searchPath}`;
  await expect(makeHost()).rejects.toMatchObject({
    type: 'SandboxUnavailable',
    message: expect.stringMatching(new RegExp(`Tried: .*user namespaces inside off: .*${message}.*inside on: `)),
  });
  rmSync(folder, { recursive: true });
});
