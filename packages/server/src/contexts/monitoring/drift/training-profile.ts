import { atEvenRanks, distinctUpTo } from '@fabrique/ml/drift'
import { z } from 'zod'
import { assert, limit } from '../../../kernel/index.js'
import type { Side, SideColumn } from './side.js'

const Column = z.object({
  name: z.string(),
  family: z.enum(['integer', 'number', 'boolean', 'text', 'time', 'clock', 'nested']),
  filled: z.number(),
  /** Ascending. With `counts`, each value once and the rows of each: nothing is left out. Without, values at even ranks and the ends. */
  numbers: z
    .object({
      values: z.array(z.number()),
      counts: z.array(z.number()).optional(),
      missing: z.number(),
      infinite: z.number(),
    })
    .optional(),
  /** All labels with their rows, most frequent first; absent where there are too many. */
  labels: z.object({ values: z.array(z.string()), counts: z.array(z.number()) }).optional(),
  /** At even distances, where there are too many labels. */
  texts: z.array(z.string()).optional(),
  distinct: z.number().optional(),
})
export type ProfiledColumn = z.infer<typeof Column>

export const ProfiledPart = z.object({ rows: z.number(), columns: z.array(Column) })

/**
 * What a training leaves of its rows: enough to be compared with, also when the snapshot is gone. `rows` are those of the training set;
 * `test` are the rows that the model has not seen, with what it answered.
 */
export const TrainingProfile = z.object({
  format: z.literal(1),
  snapshot_id: z.string(),
  target: z.string(),
  task: z.enum(['classification', 'regression']),
  rows: ProfiledPart,
  test: ProfiledPart.optional(),
})
export type TrainingProfile = z.infer<typeof TrainingProfile>
export type ProfiledPart = z.infer<typeof ProfiledPart>

/** The name of the file in the folder of a model. */
export const profileFile = 'training_profile.json'

/** Values of all columns together; of very many columns each still keeps some. */
const valuesInAll = 1_000_000
const valuesMin = 200
const textCharsMax = 2_000
/** A text takes more room than a number. */
const textsShare = 5

/** Looks at some columns of a table, one batch after the other, so that memory holds a few of them. */
export async function profileSide(
  side: Side,
  names: readonly string[],
  signal: AbortSignal | undefined,
): Promise<ProfiledPart> {
  const found = names.flatMap((name) => side.columns.get(name) ?? [])
  const most = limit('monitoring.profile_values_max')
  const keep = Math.max(valuesMin, Math.min(most, Math.floor(valuesInAll / Math.max(1, found.length))))
  const columns: ProfiledColumn[] = []
  for (const column of found) {
    signal?.throwIfAborted()
    const plain = { name: column.name, family: column.family, filled: column.filled }
    columns.push({ ...plain, ...(await contentOf(side, column, keep)) })
  }
  return { rows: side.rowCount, columns }
}

async function contentOf(side: Side, column: SideColumn, keep: number): Promise<Partial<ProfiledColumn>> {
  switch (column.family) {
    case 'integer':
    case 'number':
    case 'time':
      return numbersOf(side, column, keep)
    case 'boolean':
    case 'text':
      return labelsOf(side, column, keep)
    case 'clock':
    case 'nested':
      return {}
  }
}

async function numbersOf(side: Side, column: SideColumn, keep: number): Promise<Partial<ProfiledColumn>> {
  const [sample] = await side.numbers([column])
  if (sample === undefined) return {}
  const { sorted, missing, infinite } = sample
  const distinct = distinctUpTo(sorted, keep)
  if (distinct > keep) {
    return { numbers: { values: [...atEvenRanks(sorted, keep)], missing, infinite } }
  }
  const values: number[] = []
  const counts: number[] = []
  for (const value of sorted) {
    if (value === values.at(-1)) counts[counts.length - 1] = (counts.at(-1) ?? 0) + 1
    else {
      values.push(value)
      counts.push(1)
    }
  }
  return { numbers: { values, counts, missing, infinite }, distinct }
}

async function labelsOf(side: Side, column: SideColumn, keep: number): Promise<Partial<ProfiledColumn>> {
  const [labels] = await side.labels([column])
  assert(labels !== undefined, `The labels of ${column.name} were not read`)
  const { counts, isCutOff } = labels
  const isTooLong = [...counts.counts.keys()].some((label) => label.length > textCharsMax)
  if (!isCutOff && !isTooLong && counts.counts.size <= keep) {
    const sorted = [...counts.counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    return {
      labels: { values: sorted.map(([label]) => label), counts: sorted.map(([, rows]) => rows) },
      distinct: sorted.length,
    }
  }
  const distinct = isCutOff ? await side.distinct(column) : counts.counts.size
  const { texts } = await side.texts(column)
  const every = Math.max(1, Math.ceil((texts.length * textsShare) / keep))
  const some = texts.filter((_, index) => index % every === 0)
  return { texts: some.map((text) => text.slice(0, textCharsMax)), distinct }
}
