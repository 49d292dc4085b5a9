// The file of `coppice policy test`: actions as they might happen, and what the rules should say to each.

import { z } from 'zod';
import type { PlacedError } from '../yaml/placed-error.ts';
import { checkShape } from '../yaml/check-shape.ts';
import { glob, line } from '../yaml/fields.ts';
import { inFileOrder } from '../yaml/placed-error.ts';
import { policyActions, policyVerdicts } from '../../contracts/documents/config.ts';
import { readYaml } from '../yaml/document.ts';

export const maxSamplesBytes = 1024 * 1024;

const amount = z.int().gte(0).exactOptional();

const sample = z
  .strictObject({
    name: line(200).exactOptional(),
    action: z.enum(policyActions),
    paths: z.array(line(4000)).min(1).exactOptional(),
    scope: z.array(glob()).min(1).exactOptional(),
    labels: z.array(line(200)).exactOptional(),
    lines: amount,
    files: amount,
    usd: z.number().gte(0).exactOptional(),
    units: z.int().gte(1).exactOptional(),
    reviewed: z.boolean().exactOptional(),
    command: z.string().min(1).exactOptional(),
    edits: z.array(line(4000)).min(1).exactOptional(),
    expect: z.enum(policyVerdicts).exactOptional(),
    by: z.array(z.string()).exactOptional(),
  })
  .superRefine(({ action, by, expect, ...given }, context) => {
    const { paths, scope, labels, lines, files, usd, units, reviewed, command, edits } = given;
    if (action === 'tool' && (command === undefined) === (edits === undefined)) {
      const message = 'is missing: what the agent runs (or `edits`: the files that it changes)';
      context.addIssue({ code: 'custom', path: ['command'], message });
    }
    const isLanding = action === 'merge' || action === 'setup';
    if (isLanding && paths === undefined) {
      context.addIssue({ code: 'custom', path: ['paths'], message: 'is missing: which paths the change has' });
    }
    const fits: Readonly<Record<string, boolean>> = {
      units: action === 'plan' || action === 'proposal',
      command: action === 'tool',
      edits: action === 'tool',
      usd: action === 'plan' || action === 'merge' || action === 'setup',
    };
    const all = { paths, scope, labels, lines, files, usd, units, reviewed, command, edits };
    for (const [field, value] of Object.entries(all)) {
      if (value === undefined || (fits[field] ?? isLanding)) continue;
      context.addIssue({ code: 'custom', path: [field], message: `must not be in a sample of ${action}` });
    }
    if (by !== undefined && expect !== undefined && expect !== 'ask') {
      context.addIssue({ code: 'custom', path: ['by'], message: `must not be there: nobody is asked` });
    }
  });

/** One action. `by`: the groups that are asked, in any order. */
export type PolicySample = z.output<typeof sample>;

const samples = z.array(sample).min(1);

/** `file` is the name that errors carry. */
export function parseSamples(
  text: string,
  file: string,
): { readonly samples: readonly PolicySample[] } | { readonly errors: readonly PlacedError[] } {
  const document = readYaml(text, file);
  if (document.value === undefined) return { errors: inFileOrder(document.errors) };
  const { data, errors } = checkShape(samples, document.value, document);
  const all = [...document.errors, ...errors];
  return data === null || all.length > 0 ? { errors: inFileOrder(all) } : { samples: data };
}
