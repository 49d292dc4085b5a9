// Extracts one file from a zip or a tar.gz in memory. Supports only what the two downloads of `temporal` need: no
// zip64, no encryption, no long tar names. Called by temporal-download.mjs; Node only, no dependencies.

import { gunzipSync, inflateRawSync } from 'node:zlib';

const endOfCentralDirectory = 0x06054b50;
const stored = 0;

/**
 * @param {Buffer} zip
 * @param {string} path
 * @returns {Buffer}
 */
export function fileFromZip(zip, path) {
  // The record is 22 bytes plus a comment of at most 64 KiB, so it is searched from the end.
  let end = zip.length - 22;
  while (end >= 0 && zip.readUInt32LE(end) !== endOfCentralDirectory) end--;
  if (end < 0) throw new Error('not a zip file');
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset));
    const name = zip.toString('utf8', at + 46, at + 46 + Number(nameLength));
    if (name === path) return zipEntry(zip, at);
    at += 46 + Number(nameLength) + Number(extraLength) + Number(commentLength);
  }
  throw new Error(`the zip has no ${path}`);
}

/**
 * @param {Buffer} zip
 * @param {number} at start of its entry in the central directory
 */
function zipEntry(zip, at) {
  const method = zip.readUInt16LE(at + 10);
  const size = zip.readUInt32LE(at + 20);
  const header = zip.readUInt32LE(at + 42);
  // The local header repeats the name, and its extra field may be longer than the directory's.
  const start = header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
  const data = zip.subarray(start, start + size);
  return method === stored ? data : inflateRawSync(data);
}

/**
 * @param {Buffer} archive
 * @param {string} path
 * @returns {Buffer}
 */
export function fileFromTarGz(archive, path) {
  const tar = gunzipSync(archive);
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0;) {
    const name = textUntilNul(tar.subarray(at, at + 100));
    const size = Number.parseInt(textUntilNul(tar.subarray(at + 124, at + 136)), 8);
    if (name === path) return tar.subarray(at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  throw new Error(`the archive has no ${path}`);
}

/** @param {Buffer} field */
function textUntilNul(field) {
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? field.length : end).trim();
}
