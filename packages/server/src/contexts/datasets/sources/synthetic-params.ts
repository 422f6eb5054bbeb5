import { FabriqueError, type SourceDefinition } from '@fabrique/contract'
import { z } from 'zod'

export type SyntheticSource = Extract<SourceDefinition, { kind: 'synthetic' }>

const count = z.number().int().min(1).max(10_000)
const countOrNone = z.number().int().min(0).max(10_000)
const finite = z.number()
const positive = z.number().min(0)
const share = z.number().min(0).max(1)

/** As scikit-learn's `make_classification`, with its names, meanings and defaults. */
export const ClassificationParams = z
  .strictObject({
    n_features: count.default(20),
    n_informative: count.default(2),
    n_redundant: countOrNone.default(2),
    n_repeated: countOrNone.default(0),
    n_classes: z.number().int().min(2).max(1000).default(2),
    n_clusters_per_class: z.number().int().min(1).max(1000).default(2),
    weights: z.array(share).min(1).max(1000).optional(),
    flip_y: share.default(0.01),
    class_sep: finite.default(1),
    hypercube: z.boolean().default(true),
    shift: finite.default(0),
    scale: finite.default(1),
  })
  .superRefine((params, context) => {
    const { n_features, n_informative, n_redundant, n_repeated, n_classes, n_clusters_per_class, weights } = params
    const say = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message })
    if (n_informative + n_redundant + n_repeated > n_features) {
      say(
        'n_features',
        `must be at least n_informative + n_redundant + n_repeated = ${n_informative + n_redundant + n_repeated}`,
      )
    }
    if (Math.log2(n_classes * n_clusters_per_class) > n_informative) {
      say(
        'n_informative',
        `n_classes x n_clusters_per_class = ${n_classes * n_clusters_per_class} must be at most 2^n_informative`,
      )
    }
    if (weights === undefined) return
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    if (weights.length !== n_classes && weights.length !== n_classes - 1) {
      say('weights', `must have ${n_classes} or ${n_classes - 1} numbers`)
    } else if (weights.length === n_classes ? Math.abs(total - 1) > 1e-9 : total > 1) {
      say('weights', `must add up to ${weights.length === n_classes ? 1 : 'at most 1'}, not ${total}`)
    }
  })

/** As scikit-learn's `make_regression`; `coefficients` gives those of the informative features instead of drawing them. */
export const RegressionParams = z
  .strictObject({
    n_features: count.default(100),
    n_informative: countOrNone.default(10),
    bias: finite.default(0),
    noise: positive.default(0),
    coefficients: z.array(finite).min(1).max(10_000).optional(),
  })
  .superRefine(({ n_features, n_informative, coefficients }, context) => {
    const needed = coefficients?.length ?? Math.min(n_informative, n_features)
    if (needed <= n_features) return
    context.addIssue({
      code: 'custom',
      path: ['coefficients'],
      message: `has ${needed} numbers for ${n_features} features`,
    })
  })

/** As scikit-learn's `make_blobs`. */
export const BlobsParams = z
  .strictObject({
    n_features: count.default(2),
    centers: z
      .union([z.number().int().min(1).max(10_000), z.array(z.array(finite).min(1)).min(1).max(10_000)])
      .default(3),
    cluster_std: z.union([positive, z.array(positive).min(1).max(10_000)]).default(1),
    center_box: z.tuple([finite, finite]).default([-10, 10]),
  })
  .superRefine(({ n_features, centers, cluster_std, center_box }, context) => {
    const say = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message })
    const known = typeof centers === 'number' ? centers : centers.length
    if (typeof centers !== 'number' && centers.some((center) => center.length !== n_features)) {
      say('centers', `each must have ${n_features} numbers, as n_features says`)
    }
    if (Array.isArray(cluster_std) && cluster_std.length !== known) say('cluster_std', `must have ${known} numbers`)
    if (center_box[0] > center_box[1]) say('center_box', 'the first number must be the smaller one')
  })

/**
 * A value at even moments: level, linear trend, one season and noise. From the row at the share `drift_at` on, its mean, noise and season
 * are others.
 */
export const TimeSeriesParams = z
  .strictObject({
    start: z.iso.datetime({ offset: true }).default('2024-01-01T00:00:00Z'),
    step_seconds: z.number().min(0.001).max(31_536_000).default(3600),
    level: finite.default(0),
    trend: finite.default(0).describe('By row'),
    season_period: z.number().gt(0).default(24).describe('In rows'),
    season_amplitude: finite.default(1),
    noise: positive.default(0.1),
    missing: share.default(0).describe('Share of rows without a value'),
    drift_at: share.optional().describe('Share of the rows before the drift'),
    drift_mean: finite.default(0).describe('Added to the level'),
    drift_noise: positive.default(1).describe('Factor of the noise'),
    drift_amplitude: finite.default(1).describe('Factor of the amplitude'),
    drift_period: z.number().gt(0).default(1).describe('Factor of the period'),
  })
  .superRefine((params, context) => {
    if (params.drift_at !== undefined) return
    for (const field of ['drift_mean', 'drift_noise', 'drift_amplitude', 'drift_period'] as const) {
      if (params[field] === (field === 'drift_mean' ? 0 : 1)) continue
      context.addIssue({
        code: 'custom',
        path: [field],
        message: 'needs drift_at, the share of the rows before the drift',
      })
    }
  })

/** The parameters of a generator, with its defaults. Throws `source_options_invalid` that names the field. */
export function readParams<Schema extends z.ZodType>(
  schema: Schema,
  { params, generator }: SyntheticSource,
): z.output<Schema> {
  const parsed = schema.safeParse(params)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined
  const field = ['params', ...(issue?.path ?? []), ...(unknown === undefined ? [] : [unknown])].join('.')
  const reason =
    unknown === undefined
      ? (issue?.message ?? 'invalid').replace(/^Invalid input: /, '')
      : `${generator} has no such parameter`
  throw new FabriqueError('source_options_invalid', { source: `synthetic ${generator}`, field, reason })
}
