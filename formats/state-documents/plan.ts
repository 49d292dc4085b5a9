// What a run starts from, on its plan ref: the plan, and the configuration pinned for it.

import { z } from 'zod';
import { eachList, listNames, media } from '../../contracts/people.ts';
import { topics } from '../../contracts/topics.ts';
import {
  type Config,
  agentDrivers,
  efforts,
  landingModes,
  landingShapes,
  networkPolicies,
  overlapRules,
  policyActions,
  policyVerdicts,
  redBaseRules,
  ruleExceptions,
  trainVerifications,
} from '../../contracts/documents/config.ts';
import type { Plan } from '../../contracts/documents/plan.ts';
import { codecOf } from './codec.ts';
import { unitIdPattern } from '../../contracts/ids.ts';

export const planFile = 'plan.json';
export const configFile = 'config.json';

const texts = z.array(z.string());
const limit = z.number().nullable();
const unitId = z.string().regex(unitIdPattern);

export const planCodec = codecOf<Plan>()({
  name: planFile,
  version: 1,
  since: '0.1.0',
  schema: z.object({
    goal: z.string(),
    units: z.array(
      z.object({
        id: unitId,
        title: z.string(),
        prompt: z.string(),
        needs: z.array(unitId),
        scope: texts.nullable(),
        verify: z.string().nullable(),
        labels: texts,
        budgetUsd: limit,
        maxTurns: limit,
        after: z.array(unitId).optional(),
        estimateSeconds: z.number().exactOptional(),
        review: z.boolean().exactOptional(),
        planner: z
          .object({ ask: z.boolean(), only: z.boolean(), unitsOnly: z.literal(true).exactOptional() })
          .exactOptional(),
      }),
    ),
  }),
});

export const configCodec = codecOf<Config>()({
  name: configFile,
  version: 1,
  since: '0.1.0',
  schema: z.object({
    branch: z.string().nullable(),
    setup: z
      .object({ run: z.string(), network: z.boolean(), timeoutSeconds: z.number(), inputs: texts.optional() })
      .nullable(),
    verify: z.array(z.object({ name: z.string(), run: z.string(), timeoutSeconds: z.number() })),
    env: z.record(z.string(), z.string()).optional(),
    agent: z.object({
      driver: z.enum(agentDrivers),
      model: z.string(),
      effort: z.enum(efforts).nullable(),
      maxTurns: z.number(),
      maxTokens: limit,
      maxSeconds: limit,
      budgetUsd: limit,
      instructions: texts,
      planning: z
        .object({
          model: z.string().nullable(),
          effort: z.enum(efforts).nullable(),
          budgetUsd: limit,
          maxTurns: z.number(),
          maxUnits: z.number(),
        })
        .exactOptional(),
      board: z.boolean().optional(),
      review: z
        .object({
          model: z.string().nullable(),
          effort: z.enum(efforts).nullable(),
          budgetUsd: limit,
          maxTurns: z.number(),
          rounds: z.number(),
        })
        .exactOptional(),
    }),
    run: z.object({
      parallel: z.number(),
      budgetUsd: limit,
      maxTokens: limit,
      maxTurns: limit,
      maxSeconds: limit,
      overlap: z.enum(overlapRules).optional(),
    }),
    worktree: z.object({
      copy: texts,
      ports: z.number(),
      submodules: z.union([z.boolean(), texts]).optional(),
      lfs: z.boolean().optional(),
    }),
    sandbox: z.object({
      network: z.enum(networkPolicies),
      env: texts,
      ci: z.boolean().optional(),
      memoryMb: limit,
      timeoutSeconds: z.number(),
    }),
    landing: z.object({
      mode: z.enum(landingModes),
      shape: z.enum(landingShapes),
      protect: texts,
    }),
    queue: z.object({
      parallel: z.number(),
      batch: z.object({ min: z.number(), max: z.number() }),
      retries: z.number(),
      timeoutSeconds: z.number(),
      verify: z.enum(trainVerifications).optional(),
      onRedBase: z.enum(redBaseRules).optional(),
      regenerate: z
        .array(
          z.object({
            paths: texts,
            run: z.string(),
            network: z.boolean(),
            timeoutSeconds: z.number(),
            inputs: texts.optional(),
          }),
        )
        .optional(),
    }),
    policy: z.array(
      z.object({
        action: z.enum(policyActions),
        paths: texts,
        labels: texts.exactOptional(),
        over: z
          .object({
            lines: z.number().exactOptional(),
            files: z.number().exactOptional(),
            usd: z.number().exactOptional(),
            units: z.number().exactOptional(),
          })
          .exactOptional(),
        decide: z.enum(policyVerdicts),
        by: texts,
        unless: z.enum(ruleExceptions).exactOptional(),
        commands: texts.exactOptional(),
        tier: z.literal('critical').exactOptional(),
        count: z.number().exactOptional(),
        requester: z.boolean().exactOptional(),
        withinSeconds: z.number().nullable().exactOptional(),
        silence: z.enum(['deny', 'pause']).exactOptional(),
        remindSeconds: z.number().exactOptional(),
        escalate: z.object({ afterSeconds: z.number(), to: texts }).exactOptional(),
      }),
    ),
    people: z.record(z.string(), z.partialRecord(z.enum(listNames), texts)),
    owners: z.record(z.string(), z.partialRecord(z.enum(listNames), texts)).exactOptional(),
    persons: z.array(z.object({ name: z.string(), ...eachList(() => texts.exactOptional()) })).exactOptional(),
    notify: z.partialRecord(
      z.enum(media),
      z.object({ channel: z.string(), tell: z.array(z.enum(topics)).exactOptional() }).nullable(),
    ),
  }),
});
