import { percentile, type Table, type TableColumn } from '@fabrique/ml'
import { limit } from '../../kernel/index.js'
import { refused, wrongField } from './refused.js'

/** Rows by group: the position of each row's group in the names. */
export interface RowGroups {
  readonly names: readonly string[]
  readonly codes: Int32Array
}

/** Name of the group of rows without a value. */
const missing = '(missing)'

/** Numbers of up to so many distinct values are groups each; of more, quarters of the rows are. */
const distinctMax = 10

/**
 * The groups that a column makes: its texts, its few distinct numbers, or quarters of its numbers and moments. Throws `invalid_request` for a
 * column that is not there, `explanation_refused` for too many groups.
 */
export function groupRows({ columns }: Table, name: string): RowGroups {
  const column = columns.find((candidate) => candidate.name === name)
  if (column === undefined) {
    throw wrongField('fairness.by', `the rows have no column ${JSON.stringify(name)}`)
  }
  const labels = column.kind === 'text' ? textLabels(column) : numberLabels(column)
  const codeOf = new Map<string, number>()
  const names = [...new Set(labels)].sort((a, b) => Number(a === missing) - Number(b === missing) || compare(a, b))
  for (const [code, label] of names.entries()) codeOf.set(label, code)
  if (names.length > limit('explanations.groups_max')) {
    throw refused(
      `column ${JSON.stringify(name)} makes ${names.length} groups, more than ${limit('explanations.groups_max')}`,
      `la colonne ${JSON.stringify(name)} donne ${names.length} groupes, plus de ${limit('explanations.groups_max')}`,
    )
  }
  return { names, codes: Int32Array.from(labels, (label) => codeOf.get(label) ?? -1) }
}

/** Numbers by size, texts by their letters. */
function compare(a: string, b: string): number {
  const [one, other] = [Number.parseFloat(a.replace(/^Q\d: /, '')), Number.parseFloat(b.replace(/^Q\d: /, ''))]
  if (a.startsWith('Q') && b.startsWith('Q')) return a < b ? -1 : Number(a > b)
  if (!Number.isNaN(one) && !Number.isNaN(other) && one !== other) return one - other
  return a < b ? -1 : Number(a > b)
}

function textLabels({ codes, categories }: Extract<TableColumn, { kind: 'text' }>): string[] {
  return Array.from(codes, (code) => {
    const text = categories[code]
    return text === undefined || text === '' ? missing : text
  })
}

function numberLabels({ kind, values }: Extract<TableColumn, { values: Float64Array }>): string[] {
  const known = values.filter((value) => !Number.isNaN(value)).sort()
  const distinct = new Set(known)
  if (distinct.size <= distinctMax && kind === 'number') {
    return Array.from(values, (value) => (Number.isNaN(value) ? missing : String(value)))
  }
  const edges = [0.25, 0.5, 0.75].map((share) => percentile(known, share))
  const shown = [known[0] ?? 0, ...edges, known.at(-1) ?? 0].map((value) => shownEdge(value, kind))
  return Array.from(values, (value) => {
    if (Number.isNaN(value)) return missing
    const quarter = edges.filter((edge) => value > edge).length
    return `Q${quarter + 1}: ${shown[quarter]} – ${shown[quarter + 1]}`
  })
}

function shownEdge(value: number, kind: 'number' | 'time'): string {
  if (kind === 'number') return String(Number(value.toPrecision(4)))
  return new Date(value).toISOString().slice(0, 10)
}
