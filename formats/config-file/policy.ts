// The rules about people in coppice.yaml.

import { z } from 'zod';
import { defaultConfig as defaults, policyActions, policyVerdicts } from '../../contracts/documents/config.ts';
import { glob, line } from '../yaml/fields.ts';

const policyRule = z
  .strictObject({
    action: z.enum(policyActions).meta({
      description:
        'What the rule decides. `merge`: landing a unit; `budget`: more money for a unit or the run; `question`: a question from an agent; `egress`: the network for a setup whose inputs a unit has changed; `conflict`: what becomes of a unit whose agent makes no progress with a conflict, or with a red verification on the target. Required.',
    }),
    paths: z.array(glob()).optional().meta({
      description: 'For `merge`: the changed paths that the rule applies to; absent = every change.',
    }),
    labels: z
      .array(line(200))
      .min(1)
      .exactOptional()
      .meta({
        description:
          'For `merge`: the rule applies to units that have one of these labels in the plan; absent = to all.',
        examples: [['risky']],
      }),
    over: z
      .strictObject({
        lines: z.int().gte(0).exactOptional().meta({ description: 'Added and deleted lines together.' }),
        files: z.int().gte(0).exactOptional().meta({ description: 'Changed files.' }),
        usd: z.number().gte(0).exactOptional().meta({ description: 'What the unit has cost, in USD.' }),
      })
      .exactOptional()
      .meta({
        description: 'For `merge`: the rule applies to changes that exceed one of these; absent = to all.',
        examples: [{ lines: 500, usd: 5 }],
      }),
    decide: z.enum(policyVerdicts).meta({
      description:
        'What happens when the rule matches. `merge`: land (`allow`), ask a person (`ask`) or refuse (`deny`). `budget`, `question` and `conflict`: `ask` (the default) or `deny`. `egress`: `allow`, `ask` (the default) or `deny`. Required.',
    }),
    by: z
      .array(z.string())
      .optional()
      .meta({
        description: 'Groups of `people` who may decide; absent = anyone who can reach the approval.',
        examples: [['maintainers']],
      }),
    count: z
      .int()
      .gte(1)
      .lte(20)
      .exactOptional()
      .meta({
        description:
          'How many different people must agree; absent = one. Ids that an entry of `people` names as one person’s (`person: true`) count once; other ids count once in each medium, and no person twice by another medium.',
        examples: [2],
      }),
    requester: z.boolean().exactOptional().meta({
      description:
        'Whether whoever asked for the run may agree; absent = yes. They may always deny. With `false`, an entry of `people` should say who they are in each medium.',
    }),
  })
  .superRefine(({ action, paths, labels, over, decide, count, requester }, context) => {
    if (over !== undefined && Object.keys(over).length === 0) {
      context.addIssue({ code: 'custom', path: ['over'], message: 'must name lines, files or usd' });
    }
    for (const [field, value] of Object.entries({ count, requester })) {
      if (value === undefined || decide === 'ask') continue;
      context.addIssue({ code: 'custom', path: [field], message: `must not be in a rule that does not ask` });
    }
    if (action === 'merge') return;
    for (const [field, value] of Object.entries({ paths, labels, over })) {
      if (value === undefined) continue;
      context.addIssue({ code: 'custom', path: [field], message: `must not be in a rule about ${action}` });
    }
    if (decide === 'allow' && action !== 'egress') {
      context.addIssue({ code: 'custom', path: ['decide'], message: `must be ask or deny in a rule about ${action}` });
    }
  });

export const policy = z.array(policyRule).meta({
  description:
    'Rules about when a person must agree. For `merge`, the first rule that matches a changed path decides about that path. Over all paths, deny wins over ask, and ask over allow; if several rules ask, the people of each must agree. For the other actions, the first rule counts.',
  default: defaults.policy,
  examples: [[{ action: 'merge', paths: ['src/payments/**'], decide: 'ask' }]],
});
