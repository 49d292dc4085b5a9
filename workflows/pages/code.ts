// A name in the Web UI, as code.

import { longestInWebUi, markdownCode } from '../../domain/text/inert.ts';

export function code(text: string): string {
  return markdownCode(text.slice(0, longestInWebUi));
}
