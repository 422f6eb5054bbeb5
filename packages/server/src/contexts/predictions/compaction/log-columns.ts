import { ColumnType, type ModelSignature, type SnapshotColumn } from '@fabrique/contract'
import { sqlName, sqlText } from '../../../platform/index.js'
import { duckdbType, plainForms, typedValue, widerType } from '../../datasets/index.js'

/** Where a column stands: those of one group are together, whichever day they were first seen on. */
export const groups = ['about', 'input', 'age', 'output', 'outcome', 'cost'] as const
export type ColumnGroup = (typeof groups)[number]

/** A column of the files of a day. */
export interface LogColumn {
  readonly name: string
  readonly type: ColumnType
  readonly group: ColumnGroup
  /** What the model calls it, where that name is taken. */
  readonly asked?: string
}

/** The same, with what it is made of in the rows as they were read. */
interface MadeColumn extends LogColumn {
  readonly sql: string
}

/** What the rows of a day hold, found in them. */
export interface SeenNames {
  /** Types of the values of the inputs and looked-up features, by name; undefined where all are null. */
  readonly inputs: ReadonlyMap<string, ColumnType | undefined>
  /** Names of the features that were looked up by key. */
  readonly looked: ReadonlySet<string>
  readonly probabilities: ReadonlySet<string>
  readonly scores: ReadonlySet<string>
  /** Of models without a signature. */
  readonly outputs: ReadonlyMap<string, ColumnType | undefined>
  readonly prediction: ColumnType | undefined
}

/** The columns of the rows as they are read, all texts but for the last. */
export const rawColumns = [
  'at',
  'id',
  'row_number',
  'request_id',
  'version',
  'alias',
  'variant',
  'key',
  'inputs',
  'looked',
  'output',
  'truth',
  'feedback_at',
  'reward',
  'duration_ms',
  'weight',
] as const

const about: readonly MadeColumn[] = [
  { name: 'predicted_at', type: 'timestamp', group: 'about', sql: '"at"::timestamp' },
  { name: 'prediction_id', type: 'text', group: 'about', sql: 'id' },
  { name: 'prediction_row', type: 'integer', group: 'about', sql: 'row_number::bigint' },
  { name: 'request_id', type: 'text', group: 'about', sql: 'request_id' },
  { name: 'model_version', type: 'category', group: 'about', sql: 'version' },
  { name: 'model_alias', type: 'category', group: 'about', sql: 'alias' },
  { name: 'variant', type: 'category', group: 'about', sql: 'variant' },
  { name: 'entity_key', type: 'text', group: 'about', sql: 'key' },
]

const rest: readonly MadeColumn[] = [
  { name: 'reward', type: 'number', group: 'outcome', sql: 'reward::double' },
  { name: 'feedback_at', type: 'timestamp', group: 'outcome', sql: 'feedback_at::timestamp' },
  // What was refused or failed has no row in the log: it is counted in the figures.
  { name: 'status', type: 'category', group: 'cost', sql: "'answered'" },
  { name: 'duration_ms', type: 'number', group: 'cost', sql: 'duration_ms::double' },
  { name: 'weight', type: 'number', group: 'cost', sql: 'weight::double' },
]

const ownNames = [...about, ...rest].map(({ name }) => name).concat('prediction', 'truth')

/** DuckDB SQL for the JSON pointer to a name. */
export const pointerTo = (name: string) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`

/** The columns of some rows, and what stands after `select` and `from` to make them of the rows as they were read. */
export interface LogTable {
  readonly columns: readonly LogColumn[]
  /** @param raw the rows as they were read, as stands after `from` */
  select(raw: string): string
}

/** Reads all that is wanted of a JSON text at once, since each reading parses it. */
class Picker {
  private readonly pointers: string[] = []
  private readonly column: string

  constructor(column: string) {
    this.column = column
  }

  /** SQL of the text at a pointer. */
  at(pointer: string): string {
    this.pointers.push(pointer)
    return `${this.column}_at[${this.pointers.length}]`
  }

  get sql(): string {
    const list = this.pointers.map(sqlText).join(', ')
    return `json_extract_string(${this.column}, [${list}]::varchar[]) as ${this.column}_at`
  }
}

/**
 * The columns of some rows: those that the log has of all, one for each input with the type that the signatures of its versions say, or that is
 * seen in its values, and one for each thing that the model answers. A name that is taken gets another one before it, as `input_reward`.
 */
export function logTable(signatures: readonly ModelSignature[], seen: SeenNames): LogTable {
  const [inputs, looked, output] = [new Picker('inputs'), new Picker('looked'), new Picker('output')]
  const taken = new Set(ownNames)
  const free = (name: string, prefix: string): string => {
    let found = name
    // Names that differ by case only are one to the engine.
    while (taken.has(found.toLowerCase())) found = `${prefix}_${found}`
    taken.add(found.toLowerCase())
    return found
  }
  const named = (asked: string, prefix: string) => {
    const name = free(asked, prefix)
    return name === asked ? { name } : { name, asked }
  }
  const given = inputTypes(signatures, seen).map(([asked, type]) => {
    const own = inputs.at(pointerTo(asked))
    const text = seen.looked.has(asked) ? `coalesce(${own}, ${looked.at(`${pointerTo(asked)}/0`)})` : own
    return { asked, column: made({ ...named(asked, 'input'), type, group: 'input' }, valueSql(type, text)) }
  })
  const ages = given.flatMap(({ asked, column }) => {
    if (!seen.looked.has(asked)) return []
    const name = free(`${column.name}_age_seconds`, 'input')
    return made({ name, type: 'number', group: 'age' }, `try_cast(${looked.at(`${pointerTo(asked)}/1`)} as double)`)
  })
  const answer = (name: { name: string; asked?: string }, type: ColumnType, pointer: string) =>
    made({ ...name, type, group: 'output' }, valueSql(type, output.at(pointer)))
  const numbers = (kind: 'probabilities' | 'scores', prefix: string) =>
    [...seen[kind]]
      .sort()
      .map((name) => answer(named(`${prefix}_${name}`, 'output'), 'number', `/${kind}${pointerTo(name)}`))
  const type = answerType(signatures, seen)
  const columns = [
    ...about,
    ...given.map(({ column }) => column),
    ...ages,
    ...(seen.prediction === undefined && signatures.length === 0
      ? []
      : [answer({ name: 'prediction' }, type, '/prediction')]),
    ...numbers('probabilities', 'probability'),
    ...numbers('scores', 'score'),
    ...[...seen.outputs].map(([name, found = 'text']) =>
      answer({ name: free(`output_${name}`, 'output') }, found, `/outputs${pointerTo(name)}`),
    ),
    made({ name: 'truth', type, group: 'outcome' }, valueSql(type, 'truth')),
    ...rest,
  ]
  return {
    columns: columns.map(({ sql: _, ...column }) => column),
    select(raw) {
      const picked = `select *, ${[inputs, looked, output].map(({ sql }) => sql).join(', ')} from ${raw}`
      return `select ${columns.map(({ name, sql }) => `${sql} as ${sqlName(name)}`).join(', ')} from (${picked})`
    },
  }
}

const made = (column: LogColumn, sql: string): MadeColumn => ({ ...column, sql })

function inputTypes(
  signatures: readonly ModelSignature[],
  seen: SeenNames,
): readonly (readonly [string, ColumnType])[] {
  const types = new Map<string, ColumnType>()
  for (const { features } of signatures) {
    for (const { name, type: asked } of features) {
      // A feature that is no value of a column, as an image, is what the log holds of it.
      const type = ColumnType.safeParse(asked).data ?? 'text'
      types.set(name, widerType(types.get(name), type) ?? type)
    }
  }
  for (const [name, type] of seen.inputs) if (!types.has(name)) types.set(name, type ?? 'text')
  return [...types]
}

/** Of what is predicted, and of the truth of it. */
function answerType(signatures: readonly ModelSignature[], { prediction }: SeenNames): ColumnType {
  const types = signatures.map(({ task }) => (task === 'classification' ? ('category' as const) : ('number' as const)))
  if (types.length === 0) return prediction ?? 'text'
  return types.reduce<ColumnType>((found, type) => widerType(found, type) ?? type, types[0] ?? 'text')
}

/** A value of its type, null where it is none: a row is there whatever was asked. */
function valueSql(type: ColumnType, given: string): string {
  const text = `nullif(${given}, '[redacted]')`
  const typed = `try(${typedValue({ type }, text, plainForms)})`
  if (type !== 'timestamp') return typed
  return `case when regexp_full_match(${text}, '-?[0-9]{1,15}') then epoch_ms(${text}::bigint) else ${typed} end`
}

/** All columns of several days: of each the type that holds the values of all. */
export function mergeColumns(days: readonly (readonly LogColumn[])[]): readonly LogColumn[] {
  const found = new Map<string, LogColumn>()
  for (const columns of days) {
    for (const column of columns) {
      const key = column.name.toLowerCase()
      const before = found.get(key)
      const type = before === undefined ? column.type : (widerType(before.type, column.type) ?? column.type)
      found.set(key, { ...(before ?? column), type })
    }
  }
  return [...found.values()].sort((left, right) => groups.indexOf(left.group) - groups.indexOf(right.group))
}

export const snapshotColumns = (columns: readonly LogColumn[]): SnapshotColumn[] =>
  columns.map(({ name, type }) => ({ name, type, nullable: !alwaysThere.has(name), declared: false }))

const alwaysThere: ReadonlySet<string> = new Set([
  'predicted_at',
  'prediction_id',
  'prediction_row',
  'request_id',
  'model_version',
  'status',
  'duration_ms',
  'weight',
])

export const engineType = ({ type }: LogColumn) => duckdbType({ type })
