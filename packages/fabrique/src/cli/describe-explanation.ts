import type { Explanation, Language, RowExplanation } from '@fabrique/contract'
import pc from 'picocolors'
import { type ExplainMessages, explainMessages } from './explain-messages.js'
import { table } from './table.js'

type Figures = Pick<
  Explanation,
  'rows' | 'metric' | 'score' | 'importance' | 'dependence' | 'method' | 'standard_error' | 'contributions' | 'fairness'
>

/** Cells of the longest bar. */
const barWidth = 24
const blocks = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const
const levels = '▁▂▃▄▅▆▇█'

/** What was found out about a model, as people read it: bars, curves and tables. */
export function describeExplanation(found: Figures, title: string, language: Language): string {
  const texts = explainMessages(language)
  const number = numbers(language)
  const { metric, score } = found
  const head = [pc.bold(title), texts.rows(found.rows), ...(score === undefined ? [] : [`${metric} ${number(score)}`])]
  const parts = [
    `${head.join('  ')}\n`,
    describeImportance(found, texts, number),
    ...found.contributions.map((output) => describeContributions(found, output, { texts, number })),
    describeDependence(found, texts, number),
    ...found.fairness.map((fairness) => describeFairness(fairness, texts, number)),
  ]
  return parts.filter((part) => part !== '').join('\n')
}

type Format = (value: number) => string

function numbers(language: Language): Format {
  const format = new Intl.NumberFormat(language, { maximumSignificantDigits: 4 })
  return (value) => format.format(value)
}

/** A bar in proportion to the longest one; what is below zero has none. */
export function bar(value: number, greatest: number): string {
  if (!(value > 0) || !(greatest > 0)) return ''
  const eighths = Math.round((value / greatest) * barWidth * 8)
  return '█'.repeat(Math.floor(eighths / 8)) + (blocks[eighths % 8] ?? '')
}

function describeImportance({ metric = '', importance = [] }: Figures, texts: ExplainMessages, number: Format): string {
  if (importance.length === 0) return ''
  const greatest = Math.max(...importance.map(({ mean }) => mean))
  const rows = importance.map(({ column, mean, deviation }) => [
    column,
    `${number(mean)} ± ${number(deviation)}`,
    pc.cyan(bar(mean, greatest)),
  ])
  return `${pc.bold(texts.importance(metric))}\n${table([texts.column, texts.value, ''], rows, [1])}`
}

interface Words {
  readonly texts: ExplainMessages
  readonly number: Format
}

function outputName(
  { output, class: name }: { output: keyof ExplainMessages['outputs']; class?: string | undefined },
  texts: ExplainMessages,
) {
  return name === undefined ? texts.outputs[output] : texts.ofClass(texts.outputs[output], name)
}

function describeContributions(
  { method, standard_error: error }: Figures,
  output: Explanation['contributions'][number],
  { texts, number }: Words,
): string {
  const { columns, base } = output
  const greatest = Math.max(...columns.map((column) => column.mean_absolute))
  const rows = columns.map(({ column, mean_absolute: mean }) => [column, number(mean), pc.cyan(bar(mean, greatest))])
  const how = [
    ...(method === undefined ? [] : [texts.methods[method]]),
    ...(error === undefined ? [] : [texts.standardError(number(error))]),
    `${texts.base} ${number(base)}`,
  ]
  const title = texts.contributions(texts.rows(columns[0]?.values.length ?? 0), outputName(output, texts))
  return `${pc.bold(title)}\n${table([texts.column, '|φ|', ''], rows, [1])}${pc.dim(how.join(' · '))}\n`
}

function describeDependence({ dependence, contributions }: Figures, texts: ExplainMessages, number: Format): string {
  if (dependence.length === 0) return ''
  const isClassifier = dependence.some((one) => one.class !== undefined)
  const rows = dependence.map(({ column, class: name, grid, means }) => {
    const [least, greatest] = [Math.min(...means), Math.max(...means)]
    const ends = [grid[0], grid.at(-1)].map((end) => (typeof end === 'number' ? number(end) : (end ?? '')))
    return [
      name === undefined ? column : `${column} (${name})`,
      pc.cyan(curve(means, least, greatest)),
      `${number(least)} … ${number(greatest)}`,
      pc.dim(ends.join(' → ')),
    ]
  })
  const kind = contributions.some(({ output }) => output === 'score') ? 'score' : 'probability'
  const title = texts.dependence(texts.outputs[isClassifier ? kind : 'value'])
  return `${pc.bold(title)}\n${table([texts.column, '', texts.value, ''], rows)}`
}

function curve(values: readonly number[], least: number, greatest: number): string {
  const span = greatest - least
  return values
    .map((value) => levels[span === 0 ? 0 : Math.round(((value - least) / span) * (levels.length - 1))] ?? '')
    .join('')
}

/** Below it the four-fifths rule is broken. */
const fairRatio = 0.8

function describeFairness(found: Explanation['fairness'][number], texts: ExplainMessages, number: Format): string {
  const shown = (rate: number | null) => (rate === null ? '–' : number(rate))
  const rows = found.groups.map((group) => [
    group.group,
    String(group.rows),
    shown(group.selection_rate),
    shown(group.base_rate),
    shown(group.accuracy),
    shown(group.true_positive_rate),
    shown(group.false_positive_rate),
  ])
  const { group, count, selected, actual, accuracy, truePositives, falsePositives } = texts
  const header = [group, count, selected, actual, accuracy, truePositives, falsePositives]
  const line = (name: string, ratio: number | null, difference: number | null) => {
    const isUnequal = ratio !== null && ratio < fairRatio
    const told = `${name}  ${texts.ratio} ${shown(ratio)}  ${texts.difference} ${shown(difference)}`
    return isUnequal ? `${pc.yellow(told)}  ${texts.unequal}\n` : `${told}\n`
  }
  return [
    `${pc.bold(texts.fairness(found.column, found.favoured))}\n`,
    table(header, rows, [1, 2, 3, 4, 5, 6]),
    line(texts.parity, found.demographic_parity_ratio, found.demographic_parity_difference),
    line(texts.odds, found.equalized_odds_ratio, found.equalized_odds_difference),
  ].join('')
}

/** Why a model says what it says of one row. */
export function describeRow(found: RowExplanation, language: Language): string {
  const texts = explainMessages(language)
  const number = numbers(language)
  const { prediction } = found.prediction
  const told = typeof prediction === 'number' ? number(prediction) : prediction
  const parts = found.outputs.map((output) => {
    const greatest = Math.max(...output.contributions.map(({ contribution }) => Math.abs(contribution)))
    const rows = output.contributions.map(({ column, value, contribution, standard_error: error }) => [
      column,
      value === null ? '–' : String(value),
      `${contribution < 0 ? '' : '+'}${number(contribution)}${error === undefined ? '' : ` ± ${number(error)}`}`,
      (contribution < 0 ? pc.red : pc.green)(bar(Math.abs(contribution), greatest)),
    ])
    const header = [texts.column, texts.value, 'φ', '']
    const sums = `${texts.base} ${number(output.base)}, ${texts.together} ${number(output.value)}`
    return `${pc.bold(texts.adds(outputName(output, texts)))}\n${table(header, rows, [2])}${pc.dim(`${texts.methods[found.method]} · ${sums}`)}\n`
  })
  return [`${pc.bold(`${found.model} ${found.version}`)}  ${texts.predicted} ${told}\n`, ...parts].join('\n')
}
