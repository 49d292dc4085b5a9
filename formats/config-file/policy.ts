// The rules about people in coppice.yaml.

import { z } from 'zod';
import {
  type PolicyRule,
  defaultConfig as defaults,
  policyActions,
  policyVerdicts,
  ruleExceptions,
} from '../../contracts/documents/config.ts';
import { explainNeverMatching } from '../commands/never-matching.ts';
import { readToolPattern } from '../commands/patterns.ts';
import { wrongTerms } from './rule-terms.ts';
import { codeownersGroup } from '../../contracts/people.ts';
import { glob, line, period, periodOrNever, secondsOf } from '../yaml/fields.ts';

const policyRule = z
  .strictObject({
    action: z.enum(policyActions).meta({
      description:
        'What the rule decides. `merge`: landing a unit; `budget`: more money for a unit or the run; `question`: a question from an agent; `egress`: the network for a setup whose inputs a unit has changed; `conflict`: what becomes of a unit whose agent makes no progress with a conflict, or with a red verification on the target; `tool`: a command or an edit of an agent, before it runs; `plan`: whether a run begins with its plan; `proposal`: whether units that an agent proposes become a part of it; `setup`: landing a change of what the setup reads (manifests, lock files and settings of package managers, and `setup.inputs`), which runs on every host afterwards. Required.',
    }),
    paths: z
      .array(glob())
      .min(1, 'must not be an empty list: name paths, or leave it out for every change')
      .optional()
      .meta({
        description: 'For `merge` and `setup`: the changed paths that the rule applies to; absent = every change.',
      }),
    labels: z
      .array(line(200))
      .min(1, 'must not be an empty list: name labels, or leave it out for all units')
      .exactOptional()
      .meta({
        description:
          'For `merge` and `setup`: the rule applies to units that have one of these labels in the plan; absent = to all.',
        examples: [['risky']],
      }),
    over: z
      .strictObject({
        lines: z.int().gte(0).exactOptional().meta({ description: 'Added and deleted lines together.' }),
        files: z.int().gte(0).exactOptional().meta({ description: 'Changed files.' }),
        usd: z.number().gte(0).exactOptional().meta({
          description: 'What the unit has cost, in USD; for `plan`, what the run may cost at most.',
        }),
        units: z.int().gte(0).exactOptional().meta({
          description: 'For `plan`: units of the plan; for `proposal`: units that agents of the run have proposed.',
        }),
      })
      .exactOptional()
      .meta({
        description:
          'For `merge`, `setup`, `plan` and `proposal`: the rule applies to what exceeds one of these; absent = to all.',
        examples: [{ lines: 500, usd: 5 }],
      }),
    commands: z
      .array(line(1000))
      .min(1, 'must not be an empty list: name tool calls, such as bash(git push:*)')
      .exactOptional()
      .meta({
        description:
          'For `tool`: patterns such as `bash(git push:*)`, `bash(npm publish)` and `edit(src/payments/**)`; see docs/commands-in-rules.md. Required for `tool`.',
        examples: [['bash(git push:*)', 'bash(npm publish:*)']],
      }),
    tier: z.literal('critical').exactOptional().meta({
      description:
        'The highest tier: a decision must carry the proof of the gateway or of a command line that has COPPICE_TOKEN_SECRET, never comes by e-mail, and holds for one time only. Absent = it need not.',
    }),
    decide: z.enum(policyVerdicts).meta({
      description:
        'What happens when the rule matches. `merge`: land (`allow`), ask a person (`ask`) or refuse (`deny`). `budget`, `question` and `conflict`: `ask` (the default) or `deny`. `egress`: `allow`, `ask` (the default) or `deny`. `tool` and `plan`: `allow` (the default), `ask` or `deny`. `proposal`: `allow`, `ask` or `deny` (the default: agents have the tool only where a rule allows or asks). Required.',
    }),
    unless: z.enum(ruleExceptions).exactOptional().meta({
      description:
        'For `merge`, where people are asked: `reviewed` = the rule does not apply to a result that the independent reviewer has approved (docs/review.md). Absent = it always applies.',
    }),
    by: z
      .array(z.string())
      .min(1, 'must not be an empty list: name groups of people, or leave it out if anybody may decide')
      .optional()
      .meta({
        description:
          'Groups of `people` who may decide; absent = anyone who can reach the approval. For `merge`, `codeowners` stands for those who own a path by CODEOWNERS: each set of owners must agree, one of them for all, and a path that nobody owns is left to the next rule.',
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
    within: periodOrNever()
      .exactOptional()
      .meta({
        description:
          'How long they have; `never` = for ever. If several rules ask, the shortest counts; absent = 7 days, also then.',
        examples: ['2d', 'never'],
      }),
    silence: z.enum(['deny', 'pause']).exactOptional().meta({
      description:
        'What it means if nobody decides in time: `deny` = no; `pause` = whoever asks goes on waiting, and people may still decide. Absent = `deny`, for `budget` `pause`.',
    }),
    remind: period()
      .exactOptional()
      .meta({
        description:
          'How often people are told again while it waits, in Slack and by e-mail: `4h` = every four hours. Absent = never.',
        examples: ['4h'],
      }),
    escalate: z
      .strictObject({
        after: period().meta({ description: 'How long after the question. Required.', examples: ['1d'] }),
        to: z
          .array(z.string())
          .min(1, 'must not be an empty list: name groups of people, or leave escalate out')
          .meta({ description: 'Groups of `people`. Required.', examples: [['owners']] }),
      })
      .exactOptional()
      .meta({
        description: 'Who may decide in place of `by`, too, when nobody has for some time; absent = nobody else.',
      }),
  })
  .superRefine(({ action, paths, labels, over, commands, decide, unless, by, ...asking }, context) => {
    if (unless !== undefined && (action !== 'merge' || decide !== 'ask')) {
      const message = 'must not be in a rule that does not ask about merge: a review never replaces anything else';
      context.addIssue({ code: 'custom', path: ['unless'], message });
    }
    if (over !== undefined && Object.keys(over).length === 0) {
      context.addIssue({ code: 'custom', path: ['over'], message: 'must name lines, files, usd or units' });
    }
    for (const field of Object.keys(over ?? {})) {
      const fits = (field === 'usd' && action !== 'proposal') || (field === 'units') === ofPlans.has(action);
      if (fits || !['merge', 'setup', ...ofPlans].includes(action)) continue;
      const message = `must not be in a rule about ${action}`;
      context.addIssue({ code: 'custom', path: ['over', field], message });
    }
    const { count, requester, within, silence, remind, escalate, tier } = asking;
    for (const [field, value] of Object.entries({ count, requester, within, silence, remind, escalate, tier })) {
      if (value === undefined || decide === 'ask') continue;
      context.addIssue({ code: 'custom', path: [field], message: `must not be in a rule that does not ask` });
    }
    const owners = by?.indexOf(codeownersGroup) ?? -1;
    if (decide === 'ask') {
      const terms = { action, by, ...asking };
      for (const wrong of wrongTerms(terms)) context.addIssue({ code: 'custom', ...wrong, path: [...wrong.path] });
    } else if (by !== undefined && owners === -1) {
      context.addIssue({ code: 'custom', path: ['by'], message: 'must not be in a rule that does not ask' });
    }
    if (owners !== -1 && (action !== 'merge' || decide !== 'ask')) {
      const message = `must not be ${codeownersGroup} in a rule that does not ask about merge: only changed paths have owners`;
      context.addIssue({ code: 'custom', path: ['by', owners], message });
    }
    if (action === 'tool' && commands === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['commands'],
        message: 'is missing: which tool calls the rule is about',
      });
    }
    for (const [at, text] of (commands ?? []).entries()) {
      const read = readToolPattern(text);
      const message = read.kind === 'error' ? read.message : explainNeverMatching(read.pattern);
      if (message !== null) context.addIssue({ code: 'custom', path: ['commands', at], message });
    }
    if (action !== 'tool' && commands !== undefined) {
      context.addIssue({ code: 'custom', path: ['commands'], message: `must not be in a rule about ${action}` });
    }
    if (action === 'merge' || action === 'setup') return;
    for (const [field, value] of Object.entries({ paths, labels, over })) {
      if (value === undefined || (field === 'over' && ofPlans.has(action))) continue;
      context.addIssue({ code: 'custom', path: [field], message: `must not be in a rule about ${action}` });
    }
    if (decide === 'allow' && !mayAllow.has(action)) {
      context.addIssue({ code: 'custom', path: ['decide'], message: `must be ask or deny in a rule about ${action}` });
    }
  });

/** Actions that a rule may allow; people are asked about the others, or they are denied. */
const mayAllow: ReadonlySet<string> = new Set(['egress', 'tool', 'plan', 'proposal']);
/** Actions about units. */
const ofPlans: ReadonlySet<string> = new Set(['plan', 'proposal']);

export const policy = z.array(policyRule).meta({
  description:
    'Rules about when a person must agree. For `merge`, the first rule that matches a changed path decides about that path. Over all paths, deny wins over ask, and ask over allow; if several rules ask, the people of each must agree. For the other actions, the first rule counts.',
  default: defaults.policy,
  examples: [[{ action: 'merge', paths: ['src/payments/**'], decide: 'ask' }]],
});

/** As the rest of the program has it. */
export function toRule({ within, remind, escalate, ...rule }: z.output<typeof policyRule>): PolicyRule {
  return {
    ...rule,
    paths: rule.paths ?? [],
    by: rule.by ?? [],
    ...(within === undefined ? {} : { withinSeconds: within === 'never' ? null : secondsOf(within) }),
    ...(remind === undefined ? {} : { remindSeconds: secondsOf(remind) }),
    ...(escalate === undefined ? {} : { escalate: { afterSeconds: secondsOf(escalate.after), to: escalate.to } }),
  };
}
