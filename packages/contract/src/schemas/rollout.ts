import { z } from 'zod'
import { Slug, Timestamp } from './common.js'

const Version = z.string().regex(/^[1-9]\d{0,8}$/, 'must be the number of a version')
const Weight = z.number().gt(0).max(1_000_000)

/** When a canary goes no further: bounds that the candidate must hold against the version that is there. */
export const GuardRails = z
  .strictObject({
    error_rate_increase_max: z.number().min(0).max(1).default(0.01).meta({
      description:
        'Failed requests of the candidate, as a share, above those of the other; with a test that allows looking at any time',
    }),
    refused_rate_increase_max: z.number().min(0).max(1).default(0.05).meta({
      description: 'Refused requests (4xx) of the candidate, as a share, above those of the other; likewise',
    }),
    p95_ratio_max: z
      .number()
      .gt(1)
      .max(1000)
      .default(1.5)
      .meta({ description: 'Duration that 95 % stay under, in relation to the other' }),
    drift_max: z.number().gt(0).max(100).nullable().default(0.25).meta({
      description: 'Population stability index of what is predicted, between both versions; null looks not at it',
    }),
    reward_decrease_max: z.number().min(0).max(1).default(0.02).meta({
      description: 'Mean reward of the feedback below that of the other; with a test that allows looking at any time',
    }),
  })
  .meta({ id: 'GuardRails' })
export type GuardRails = z.infer<typeof GuardRails>

const reason = z.string().max(1000).default('')

export const CanaryStep = z.strictObject({
  share: z.number().gt(0).max(1).meta({ description: 'Part of the requests that the candidate answers' }),
  seconds: z.number().int().min(1).max(2_592_000).default(600).meta({ description: 'At least so long' }),
})

/** What is asked for, by kind. */
export const RolloutRequest = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('split'),
      variants: z
        .array(z.strictObject({ name: Slug, version: Version, weight: Weight }))
        .min(2)
        .max(10),
      reason,
    }),
    z.strictObject({
      kind: z.literal('canary'),
      version: Version,
      steps: z
        .array(CanaryStep)
        .min(1)
        .max(20)
        .default([
          { share: 0.05, seconds: 600 },
          { share: 0.25, seconds: 600 },
          { share: 0.5, seconds: 600 },
        ]),
      requests_min: z.number().int().min(1).max(1_000_000_000).default(100).meta({
        description: 'Requests that the candidate must have answered in a step before the next',
      }),
      guard_rails: GuardRails.default(GuardRails.parse({})),
      promote: z.boolean().default(true).meta({ description: 'Whether the alias moves by itself after the last step' }),
      reason,
    }),
    z.strictObject({
      kind: z.literal('shadow'),
      version: Version,
      share: z.number().gt(0).max(1).default(1).meta({ description: 'Part of the requests that are also asked of it' }),
      reason,
    }),
    z.strictObject({
      kind: z.literal('bandit'),
      variants: z
        .array(z.strictObject({ name: Slug, version: Version }))
        .min(2)
        .max(10),
      share_min: z.number().min(0).max(0.5).default(0.05).meta({ description: 'No variant gets less' }),
      reason,
    }),
  ])
  .meta({ id: 'RolloutRequest' })
export type RolloutRequest = z.infer<typeof RolloutRequest>
/** As it is sent: what has a default may be left out. */
export type RolloutRequestInput = z.input<typeof RolloutRequest>

export const RolloutState = z.enum(['running', 'promoted', 'rolled_back', 'ended'])
export type RolloutState = z.infer<typeof RolloutState>

export const RolloutVariant = z
  .object({
    name: z.string(),
    version: z.string(),
    share: z
      .number()
      .meta({ description: 'Part of the requests that it answers; of a shadow, that it is asked beside' }),
  })
  .meta({ id: 'RolloutVariant' })
export type RolloutVariant = z.infer<typeof RolloutVariant>

/** How requests to a model are shared among its versions. */
export const Rollout = z
  .object({
    id: z.string(),
    model: z.string(),
    kind: z.enum(['split', 'canary', 'shadow', 'bandit']),
    state: RolloutState,
    variants: z.array(RolloutVariant).meta({ description: 'Of a canary and a shadow: base, then candidate' }),
    step: z.number().int().meta({ description: 'Of a canary, from 0' }),
    step_at: Timestamp,
    request: RolloutRequest,
    started_at: Timestamp,
    started_by: z.string(),
    ended_at: Timestamp.optional(),
    ended_by: z.string().optional(),
  })
  .meta({ id: 'Rollout' })
export type Rollout = z.infer<typeof Rollout>

export const VariantFigures = z
  .object({
    name: z.string(),
    answered: z.number().int(),
    refused: z.number().int(),
    failed: z.number().int(),
    error_rate: z.number().optional().meta({ description: 'Failed, of those that were answered or failed' }),
    p50_ms: z.number().optional(),
    p95_ms: z.number().optional(),
    p99_ms: z.number().optional(),
    rewards: z.number().int().meta({ description: 'Rows with a reward in the feedback' }),
    reward_mean: z.number().optional(),
  })
  .meta({ id: 'VariantFigures' })
export type VariantFigures = z.infer<typeof VariantFigures>

/** One bound, and what was found. */
export const RolloutCheck = z
  .object({
    check: z.enum(['error_rate', 'refused_rate', 'p95', 'drift', 'reward', 'sample_ratio', 'requests', 'time']),
    state: z.enum(['holds', 'violated', 'unknown']),
    value: z.number().optional(),
    low: z.number().optional().meta({ description: 'Of an interval that may be looked at any time, 95 %' }),
    high: z.number().optional(),
    limit: z.number().optional(),
  })
  .meta({ id: 'RolloutCheck' })
export type RolloutCheck = z.infer<typeof RolloutCheck>

export const RolloutEntry = z
  .object({
    at: Timestamp,
    actor: z.string(),
    what: z.enum(['started', 'advanced', 'shares_changed', 'promoted', 'rolled_back', 'ended']),
    reason: z.string(),
    variants: z.array(RolloutVariant),
    checks: z.array(RolloutCheck),
  })
  .meta({ id: 'RolloutEntry' })
export type RolloutEntry = z.infer<typeof RolloutEntry>

/** How the answers of a shadow differ from those that were given. */
export const ShadowReport = z
  .object({
    compared: z.number().int().meta({ description: 'Rows' }),
    equal: z.number().int().meta({ description: 'The same class; of a number, within a millionth' }),
    mean_difference: z
      .number()
      .optional()
      .meta({ description: 'Mean absolute difference of numbers, or of probabilities' }),
    largest_difference: z.number().optional(),
    failed: z.number().int().meta({ description: 'Requests that the shadow could not answer' }),
    left_out: z
      .number()
      .int()
      .meta({ description: 'Requests that were not asked beside, since too many were under way' }),
    examples: z
      .array(z.object({ request_id: z.string(), at: Timestamp, base: z.unknown(), candidate: z.unknown() }))
      .meta({ description: 'The newest that differ' }),
  })
  .meta({ id: 'ShadowReport' })
export type ShadowReport = z.infer<typeof ShadowReport>

export const RolloutDetail = Rollout.extend({
  figures: z.array(VariantFigures),
  checks: z.array(RolloutCheck),
  chances_of_best: z.array(z.number()).optional().meta({ description: 'Of each variant, from the rewards' }),
  shadow: ShadowReport.optional(),
  log: z.array(RolloutEntry).meta({ description: 'Newest first' }),
}).meta({ id: 'RolloutDetail' })
export type RolloutDetail = z.infer<typeof RolloutDetail>

export const EndRolloutRequest = z
  .strictObject({
    how: z.enum(['roll_back', 'promote', 'end']).meta({
      description:
        'roll_back: the alias stays where it is; promote: it moves to a variant; end: likewise as roll_back, but nothing was wrong',
    }),
    variant: z.string().optional().meta({ description: 'Which to promote; of a canary or a shadow the candidate' }),
    reason,
  })
  .meta({ id: 'EndRolloutRequest' })
export type EndRolloutRequest = z.infer<typeof EndRolloutRequest>

export const ChangeSharesRequest = z
  .strictObject({
    weights: z.record(z.string(), z.number().min(0).max(1_000_000)).meta({ description: 'Weight by variant' }),
    reason,
  })
  .meta({ id: 'ChangeSharesRequest' })
export type ChangeSharesRequest = z.infer<typeof ChangeSharesRequest>
