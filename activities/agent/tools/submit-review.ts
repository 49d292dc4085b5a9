// The `submit_review` tool, by which a reviewer hands in its verdict. It needs no sandbox; the review ends with a verdict
// that is taken (see stops.ts).

import { z } from 'zod';
import type { ToolCall } from '../../../contracts/documents/journal.ts';
import { tool, toolError } from './tool.ts';

const longestSummary = 1000;
const mostComments = 20;

const comment = z.object({
  path: z.string().trim().min(1).max(1000).meta({ description: 'A file of the change or of the repository.' }),
  line: z.int().gte(1).nullish().meta({ description: 'A line of the file as it is now, from 1.' }),
  text: z.string().trim().min(1).max(1000).meta({
    description: 'What is wrong there, in which case, and what would be right. At most 1,000 characters.',
  }),
});

const reviewInput = z.object({
  verdict: z.enum(['approve', 'changes']),
  summary: z.string().trim().min(1).max(longestSummary).meta({
    description: 'A few sentences for the people who decide; at most 1,000 characters.',
  }),
  comments: z.array(comment).max(mostComments).default([]).meta({ description: 'The places; at most 20.' }),
});

export type SubmittedReview = z.output<typeof reviewInput>;

export const submitReview = tool({
  name: 'submit_review',
  description:
    'Hands in your review and ends your work. `approve`: nothing has to change before it lands. `changes`: something has to; each comment names the place. What you hand in is checked: you are told if it is not complete.',
  input: reviewInput,
  run: async (place, review) => {
    const { reviewed } = place;
    if (reviewed === undefined) return toolError('Error: there is nothing to review here.');
    const wrong = await findWrong(review, (paths) => reviewed.unknownOf(paths));
    return wrong === null ? { output: 'Taken.', isError: false, exitCode: null } : toolError(`Not taken: ${wrong}`);
  },
});

async function findWrong(
  { verdict, comments }: SubmittedReview,
  unknownOf: (paths: readonly string[]) => Promise<readonly string[]>,
): Promise<string | null> {
  if (verdict === 'changes' && comments.length === 0)
    return 'name the places that must change, in `comments`, each with `path` and `text`.';
  const unknown = await unknownOf(comments.map(({ path }) => reviewedPath(path)));
  if (unknown.length === 0) return null;
  return `the repository has no ${unknown.join(', ')}. Write paths as they are below /work.`;
}

const given = z.object({
  verdict: z.literal('changes'),
  summary: z.string().trim().min(1),
  comments: z.array(z.unknown()).catch([]),
});

/** What a reviewer wanted changed when its places could not be taken and it gave up: its opinion counts without them. */
export function refusedReview(calls: readonly ToolCall[]): SubmittedReview | null {
  const call = calls.findLast(({ name }) => name === submitReview.name);
  const review = call === undefined ? undefined : given.safeParse(call.input).data;
  if (review === undefined) return null;
  const comments = review.comments.flatMap((each) => comment.safeParse(each).data ?? []);
  return { ...review, summary: review.summary.slice(0, longestSummary), comments: comments.slice(0, mostComments) };
}

/** As git has it. */
function reviewedPath(path: string): string {
  return path.replace(/^(?:\/work\/|\.\/)/, '');
}

/** The last review that was handed in by these calls; null = none. */
export function lastReview(calls: readonly ToolCall[]): SubmittedReview | null {
  const call = calls.findLast(({ name }) => name === submitReview.name);
  const review = call === undefined ? undefined : reviewInput.safeParse(call.input).data;
  if (review === undefined) return null;
  return { ...review, comments: review.comments.map((each) => ({ ...each, path: reviewedPath(each.path) })) };
}
