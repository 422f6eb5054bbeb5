import { z } from 'zod'
import { ColumnName } from '../common.js'

/** Embeddings that are compared. */
const embeddingsMax = 100

/** Columns that are one vector, by the name that the report calls them by. */
export const MonitorEmbeddings = z
  .record(ColumnName, z.union([ColumnName, z.array(ColumnName).min(1).max(10_000)]))
  .refine((given) => Object.keys(given).length <= embeddingsMax, `must be at most ${embeddingsMax}`)
  .meta({
    id: 'MonitorEmbeddings',
    description:
      'Vectors that are compared as one: a column of lists, columns of numbers by name, or a pattern as v*, where the star stands for a whole number',
  })
export type MonitorEmbeddings = z.output<typeof MonitorEmbeddings>
