// Colour for people who want it: NO_COLOR and FORCE_COLOR decide first, then whether the stream is a terminal with
// colours. No other code in the program writes an escape sequence for colour.

import { styleText } from 'node:util';
import type { Env } from '../../../domain/environment.ts';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Styles text for one stream; returns it unchanged if the stream has no colours. */
export type Paint = (style: Style, text: string) => string;

/** The parts of a `NodeJS.WriteStream` that the presentation uses. */
export interface TextStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  getColorDepth?(): number;
}

export const plainPaint: Paint = (_style, text) => text;

export function painterFor(stream: TextStream, env: Env = process.env): Paint {
  // `styleText` would look at the stream itself, but takes real streams only.
  return hasColours(stream, env) ? (style, text) => styleText(style, text, { validateStream: false }) : plainPaint;
}

function hasColours(stream: TextStream, env: Env): boolean {
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  if (env['NO_COLOR'] || env['TERM'] === 'dumb') return false;
  return stream.isTTY === true && (stream.getColorDepth?.() ?? 4) > 2;
}

/** Columns that text may take: a terminal's width, no limit elsewhere. */
export function widthOf({ isTTY, columns }: TextStream): number {
  return isTTY === true ? columns || 80 : Infinity;
}
