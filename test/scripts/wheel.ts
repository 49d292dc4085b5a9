// Builds the one-file archives that the tests of the Temporal download serve. The zip is written by hand so that no
// program but tar is needed.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';

export function zipOf(name: string, content: string): Buffer {
  const data = deflateRawSync(content);
  const shared = Buffer.alloc(26); // what the local header and the directory entry have in common
  shared.writeUInt16LE(20, 0);
  shared.writeUInt16LE(8, 4);
  shared.writeUInt32LE(crc32(content), 10);
  shared.writeUInt32LE(data.length, 14);
  shared.writeUInt32LE(Buffer.byteLength(content), 18);
  shared.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), shared, Buffer.from(name), data]);
  const entry = Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), shared, Buffer.alloc(14), Buffer.from(name)]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(entry.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, entry, end]);
}

export function tarGzOf(name: string, content: string): Buffer {
  const folder = mkdtempSync(path.join(tmpdir(), 'coppice-tar-'));
  writeFileSync(path.join(folder, 'LICENSE'), 'MIT');
  writeFileSync(path.join(folder, name), content);
  execFileSync('tar', ['-czf', 'archive.tar.gz', 'LICENSE', name], { cwd: folder });
  return readFileSync(path.join(folder, 'archive.tar.gz'));
}
