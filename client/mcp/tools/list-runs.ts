// `list_runs`: the runs that there are, newest first, as `coppice list` shows them. Needs no worker.

import { z } from 'zod';
import { count } from '../../documents/parts.ts';
import { cut, tool } from '../tool.ts';
import { list } from '../../documents/run-documents.ts';
import { listText } from '../../cli/present/list.ts';
import { shortened, usualLimits } from '../bounds.ts';

const usual = 20;
const most = 100;

export const listRunsTool = tool({
  name: 'list_runs',
  title: 'List runs',
  description:
    'Lists the latest runs, newest first: their ids, targets, goals, how many units have landed, cost. A run that began a moment ago may be missing.',
  effect: 'reads',
  input: z.strictObject({
    limit: z
      .int()
      .gte(1)
      .lte(most)
      .exactOptional()
      .meta({ description: `How many. Default: ${usual}.` }),
  }),
  output: list.extend({ total: count('All runs that the server remembers.'), cut }),
  async run({ limit = usual }, { withCoppice }) {
    return withCoppice(async (coppice) => {
      const runs = await coppice.runs();
      const limits = { ...usualLimits, list: limit };
      const document = { runs, total: runs.length };
      return {
        document: shortened(document, { more: `\`limit\` shows up to ${most}; \`coppice list --all\` all.`, limits }),
        text: listText(runs.slice(0, limit), {}),
      };
    });
  },
});
