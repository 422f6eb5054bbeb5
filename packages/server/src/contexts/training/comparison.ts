import { z } from 'zod'

/** Why something was decided, in the words of each language. */
export const Reason = z.object({ reason: z.string(), reason_fr: z.string() })
export type Reason = z.infer<typeof Reason>

const Metrics = z.record(z.string(), z.number())

/**
 * The champion of a model and the candidate on the same test rows, each scored as its file answers, so that equal files have equal scores;
 * or why the champion has none. It is JSON.
 */
export const Comparison = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('scored'), version: z.string(), champion: Metrics, candidate: Metrics }),
  z.object({ kind: z.literal('unscored'), version: z.string(), why: Reason }),
])
export type Comparison = z.infer<typeof Comparison>
