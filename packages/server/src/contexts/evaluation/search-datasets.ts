import { type RawBuilder, sql } from 'kysely'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { readVerb } from '../../platform/index.js'
import {
  type Comparison,
  filterError,
  invalidValue,
  offsetOf,
  pageOfRows,
  parseFilter,
  parseOrderBy,
} from '../../platform/mlflow/index.js'
import { selectDatasets } from './dataset-store.js'
import type { EvaluationDataset } from './model.js'
import { Text } from './schema.js'

type Condition = RawBuilder<boolean>

export interface DatasetPage {
  readonly datasets: readonly EvaluationDataset[]
  readonly next_page_token?: string
}

/**
 * Data sets by a filter on name, times, authors and tags, the newest first unless `order_by` says otherwise.
 * Throws `filter_invalid`, `page_token_invalid`.
 */
export const searchEvaluationDatasets = readVerb({
  name: 'evaluation.search_evaluation_datasets',
  permission: 'traces.read',
  input: z.object({
    experiment_ids: z.array(Text).default([]),
    filter: Text.default(''),
    max_results: z.number().int().default(1000),
    order_by: z.array(Text).default([]),
    page_token: Text.optional(),
  }),
  async run({ ctx, input }): Promise<DatasetPage> {
    const max = limit('mlflow.runs_page_max')
    if (input.max_results < 1 || input.max_results > max) {
      throw invalidValue('max_results', input.max_results, `it must be from 1 to ${max}`)
    }
    const size = Math.min(input.max_results, limit('list.page_max'))
    const offset = offsetOf(input.page_token)
    const conditions = [sql<boolean>`true`, ...parseFilter(input.filter).map(datasetCondition)]
    if (input.experiment_ids.length > 0) {
      conditions.push(sql`exists (select from evaluation_dataset_experiments e where e.dataset_id = d.id
        and e.experiment_id::text = any(${input.experiment_ids}::text[]))`)
    }
    const rows = await selectDatasets(
      ctx,
      sql`where ${sql.join(conditions, sql` and `)} order by ${datasetOrder(input.order_by)} limit ${size + 1} offset ${offset}`,
    )
    const { page, nextPageToken } = pageOfRows(rows, { offset, size })
    return nextPageToken === undefined ? { datasets: page } : { datasets: page, next_page_token: nextPageToken }
  },
})

const numbers: Readonly<Record<string, string>> = { created_time: 'd.created_ms', last_update_time: 'd.updated_ms' }
const texts: Readonly<Record<string, string>> = {
  name: 'd.name',
  created_by: 'd.created_by',
  last_updated_by: 'd.updated_by',
}
const attributeEntities = new Set([undefined, 'attribute', 'attributes', 'attr', 'dataset'])
const numberOperators = new Set(['=', '!=', '>', '>=', '<', '<='])
const textOperators = new Set(['=', '!=', 'LIKE', 'ILIKE'])

const operatorSql = (operator: string) => sql.raw(operator === '!=' ? '<>' : operator.toLowerCase())
const wrongOperator = ({ text, operator }: Comparison) =>
  filterError(text, `Invalid comparator '${operator}' for this column`)

function datasetCondition(comparison: Comparison): Condition {
  const { column, operator, value, text } = comparison
  if (column.entity === 'tag' || column.entity === 'tags') {
    return textCondition(sql`(d.tags ->> ${column.key}::text)`, comparison)
  }
  if (attributeEntities.has(column.entity)) {
    const name = Object.hasOwn(texts, column.key) ? texts[column.key] : undefined
    if (name !== undefined && column.key === 'name' && operator === 'IN' && value.kind === 'list') {
      return sql`d.name = any(${[...value.texts]}::text[])`
    }
    if (name !== undefined) return textCondition(sql.ref(name), comparison)
    const number = Object.hasOwn(numbers, column.key) ? numbers[column.key] : undefined
    if (number !== undefined) {
      if (!numberOperators.has(operator)) throw wrongOperator(comparison)
      if (value.kind !== 'number') throw filterError(text, 'Expected numeric value type')
      return sql`${sql.ref(number)} ${operatorSql(operator)} ${value.number}::float8`
    }
  }
  const valid = [...Object.keys(texts), ...Object.keys(numbers), 'tags.<key>'].join(', ')
  throw filterError(text, `Invalid attribute key '${column.key}' specified. Valid keys are ${valid}`)
}

function textCondition(column: RawBuilder<unknown>, comparison: Comparison): Condition {
  const { operator, value, text } = comparison
  if (!textOperators.has(operator)) throw wrongOperator(comparison)
  if (value.kind !== 'text') throw filterError(text, "Expected a quoted string value (e.g. 'my-value')")
  const noEscape = operator.endsWith('LIKE') ? sql` escape ''` : sql``
  return sql`${column} ${operatorSql(operator)} ${value.text}${noEscape}`
}

function datasetOrder(orderBy: readonly string[]): RawBuilder<unknown> {
  const terms = parseOrderBy(orderBy.length === 0 ? ['created_time DESC'] : orderBy).map(
    ({ column, descending, text }) => {
      const known = attributeEntities.has(column.entity)
      const name =
        column.key === 'name' ? 'd.name' : Object.hasOwn(numbers, column.key) ? numbers[column.key] : undefined
      if (!known || name === undefined) {
        throw filterError(text, 'Valid columns are name, created_time, last_update_time')
      }
      return descending ? sql`${sql.ref(name)} desc` : sql`${sql.ref(name)}`
    },
  )
  return sql.join([...terms, sql`d.id desc`])
}
