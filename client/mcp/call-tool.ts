// One call of a tool: its answer as a document and as text, or why there is none. Whatever goes wrong is an answer too.

import { stripVTControlCharacters } from 'node:util';
import type { CallToolResult } from '@modelcontextprotocol/server';
import type { Logger } from 'pino';
import { errorText } from '../../domain/errors.ts';
import { type ExplainedFailure, explainFailure } from '../explain-failure.ts';
import { inertPrint, inertText } from '../../domain/text/inert.ts';
import { invalidText } from '../cli/present/validate.ts';
import { inToolTerms } from './tool-terms.ts';
import { shortText } from './bounds.ts';
import type { Tool, ToolContext } from './tool.ts';

/** Places of errors in one answer. */
const placesShown = 50;

export async function callTool(
  tool: Tool,
  input: Readonly<Record<string, unknown>>,
  context: ToolContext & { readonly log: Logger },
): Promise<CallToolResult> {
  try {
    const { document, text } = await tool.run(input, context);
    return { ...textResult(text), structuredContent: { version: 1, ...document } };
  } catch (error) {
    const failed = explainFailure(error);
    if (failed === null) context.log.error({ tool: tool.name, error }, 'a tool failed unexpectedly');
    return { ...textResult(failed === null ? unexpectedText(error) : failedText(failed)), isError: true };
  }
}

function textResult(text: string): Pick<CallToolResult, 'content'> {
  // Colours, if the environment forces them, are for terminals.
  return { content: [{ type: 'text', text: stripVTControlCharacters(inertPrint(shortText(text))) }] };
}

/** As the commands print it: what happened, each place, what to do. */
function failedText({ type, message, hint, errors }: ExplainedFailure): string {
  const left = errors.length - placesShown;
  return [
    `${type}: ${inertText(inToolTerms(message))}`,
    ...(errors.length === 0 ? [] : [invalidText(errors.slice(0, placesShown))]),
    ...(left > 0 ? [`and ${left} more; check_plan shows those of a plan`] : []),
    ...(hint === '' ? [] : [inertText(inToolTerms(hint))]),
  ].join('\n');
}

function unexpectedText(error: unknown): string {
  return `Unexpected: ${inertText(errorText(error))}\nThis is a bug in Coppice; the log of \`coppice mcp\` says more.`;
}
