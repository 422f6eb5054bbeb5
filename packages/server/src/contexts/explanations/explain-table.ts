import type { Explanation, JobProgress } from '@fabrique/contract'
import {
  type ClassesPredicted,
  createRandom,
  defaultMetric,
  deriveSeed,
  evaluate,
  fairnessByGroup,
  metricDirection,
  partialDependence,
  permutationImportance,
  type Table,
  type TableColumn,
  takeTableRows,
  type ValuesPredicted,
} from '@fabrique/ml'
import { limit } from '../../kernel/index.js'
import { findContributions, type OutputContributions } from './contributions.js'
import type { ExplainedModel } from './explained-model.js'
import type { ExplainAsked, ExplanationFigures } from './explainer-messages.js'
import { groupRows } from './group-rows.js'
import { drawRows, isKnown, readTruth, rowsWhere, type Truth, takeTruth } from './model-rows.js'
import { refused, wrongField } from './refused.js'

/** What is explained, and on which rows. */
export interface ExplainTableInput {
  readonly model: ExplainedModel
  /** All columns that are needed. */
  readonly table: Table
  /** The rows that may be drawn; all without. */
  readonly among?: Int32Array
  /** Rows that columns which are left out are drawn from, of the columns of the model. */
  readonly background: Table | undefined
  readonly request: ExplainAsked['request']
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: JobProgress) => void
}

/**
 * Finds out what a model goes by, as the request asks. What needs the true values is left out where the rows have none, and refused where it was
 * asked for by name. Throws `explanation_refused`, `invalid_request`, or MlError `training_aborted`.
 */
export async function explainTable(input: ExplainTableInput): Promise<ExplanationFigures> {
  const { model, request } = input
  const { signature } = model
  const allTruth = readTruth(input.table, signature)
  if (allTruth === undefined) refuseWithoutTruth(request, signature.target.name)
  const drawn = drawOf(input, allTruth)
  const table = takeTableRows(input.table, drawn)
  const truth = allTruth === undefined ? undefined : takeTruth(allTruth, drawn)
  const rows = model.rowsOf(table)
  checkColumns(request.dependence, model.inputs)
  const codes = classCodesOf(request.class, model)
  const scored = truth === undefined || !request.importance ? undefined : await importanceOf(input, { rows, truth })
  const dependence = await dependenceOf(input, { rows, codes, ranked: scored?.importance })
  const contributed = await contributionsOf(input, { rows, codes })
  const fairness = truth === undefined ? [] : await fairnessOf(input, { rows, table, truth })
  return {
    task: signature.task,
    ...(signature.task === 'classification' ? { classes: [...signature.target.classes] } : {}),
    rows: rows.rowCount,
    ...(scored === undefined ? {} : scored),
    dependence,
    ...contributed,
    fairness,
  }
}

function refuseWithoutTruth({ metric, fairness }: ExplainAsked['request'], target: string): void {
  if (metric === undefined && fairness === undefined) return
  const name = JSON.stringify(target)
  throw refused(
    `it needs the true values in column ${name}, which the rows do not have as the model predicts it`,
    `il faut les vraies valeurs de la colonne ${name}, que les lignes n’ont pas comme le modèle la prédit`,
  )
}

function drawOf({ table, among, request }: ExplainTableInput, truth: Truth | undefined): Int32Array {
  const all = among ?? rowsWhere(table.rowCount, () => true)
  const known = truth === undefined ? all : all.filter((row) => isKnown(truth, row))
  if (known.length < 2) {
    throw refused(
      `there are ${known.length} rows with a known target: at least two are needed`,
      `il y a ${known.length} lignes dont la cible est connue : il en faut au moins deux`,
    )
  }
  return drawRows(known, request.rows, createRandom(deriveSeed(request.seed, 1)))
}

function checkColumns(dependence: ExplainAsked['request']['dependence'], inputs: readonly string[]): void {
  if (typeof dependence === 'number') return
  const unknown = dependence.find((name) => !inputs.includes(name))
  if (unknown === undefined) return
  const known = inputs.slice(0, 20).map((name) => JSON.stringify(name))
  throw wrongField('dependence', `the model reads no column ${JSON.stringify(unknown)}; it reads ${known.join(', ')}`)
}

/** Positions of the classes that are explained: the one that is named, the second of two, or each; undefined of a regression. */
export function classCodesOf(
  name: string | undefined,
  { signature }: Pick<ExplainedModel, 'signature'>,
): readonly number[] | undefined {
  if (signature.task === 'regression') {
    if (name !== undefined) throw wrongField('class', 'the model predicts numbers, which have no classes')
    return undefined
  }
  const { classes } = signature.target
  if (name !== undefined) {
    const code = classes.indexOf(name)
    if (code >= 0) return [code]
    throw wrongField('class', `must be one of ${classes.slice(0, 50).join(', ')}`)
  }
  if (classes.length === 2) return [1]
  if (classes.length <= limit('explanations.classes_max')) return [...classes.keys()]
  throw wrongField('class', `name one of the ${classes.length} classes: ${classes.slice(0, 50).join(', ')}`)
}

interface Truthful {
  readonly rows: Table
  readonly truth: Truth
}

/** Metrics of what was predicted, against the truth. */
export function metricsOf(
  { signature }: Pick<ExplainedModel, 'signature'>,
  truth: Truth,
  predicted: ClassesPredicted | ValuesPredicted,
): Readonly<Record<string, number>> {
  if (truth.kind === 'values') return evaluate(truth, predicted).metrics
  const labels = { kind: 'class_labels' as const, codes: truth.codes, classes: signature.target.classes }
  return evaluate({ kind: 'classes', labels }, predicted).metrics
}

async function importanceOf({ model, request, signal, onProgress }: ExplainTableInput, { rows, truth }: Truthful) {
  const metric = request.metric ?? defaultMetric(model.signature.task)
  const metrics = metricsOf(model, truth, await model.predict(rows))
  const score = metrics[metric]
  if (score === undefined) throw wrongField('metric', `must be one of ${Object.keys(metrics).join(', ')}`)
  const sign = metricDirection(metric) === 'maximise' ? 1 : -1
  const found = await permutationImportance(
    rows,
    async (shuffled) => sign * (metricsOf(model, truth, await model.predict(shuffled))[metric] ?? Number.NaN),
    {
      seed: deriveSeed(request.seed, 2),
      repeats: request.repeats,
      ...(signal === undefined ? {} : { signal }),
      onProgress: ({ done, total }) => onProgress?.({ stage: 'importance', steps_done: done, steps_total: total }),
    },
  )
  const importance = found
    .map(({ name, mean, deviation }) => ({ column: name, mean: finite(mean), deviation: finite(deviation) }))
    .sort((a, b) => b.mean - a.mean)
  return { metric, score, importance }
}

/** A score that lost its meaning in a shuffle, as an area of one class, says nothing. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : 0
}

interface ForDependence {
  readonly rows: Table
  readonly codes: readonly number[] | undefined
  readonly ranked: Explanation['importance'] | undefined
}

async function dependenceOf(
  { model, request, signal, onProgress }: ExplainTableInput,
  { rows, codes, ranked }: ForDependence,
): Promise<Explanation['dependence']> {
  const { dependence } = request
  const byRank = ranked?.map(({ column }) => column) ?? model.inputs
  const names = typeof dependence === 'number' ? byRank.slice(0, dependence) : [...new Set(dependence)]
  const found: Explanation['dependence'] = []
  const outputs = codes ?? [0]
  for (const [index, name] of names.entries()) {
    onProgress?.({ stage: 'dependence', current: name, steps_done: index, steps_total: names.length })
    for (const code of outputs) {
      const options = signal === undefined ? {} : { signal }
      const ask = async (given: Table) => (await model.outputs(given))[code] ?? []
      const { grid, means } = await partialDependence(rows, name, ask, options)
      const ofClass = codes === undefined ? {} : { class: model.signature.target.classes[code] ?? '' }
      found.push({ column: name, ...ofClass, grid: [...grid], means: [...means] })
    }
  }
  return found
}

async function contributionsOf(
  { model, request, background, signal, onProgress }: ExplainTableInput,
  { rows, codes }: { readonly rows: Table; readonly codes: readonly number[] | undefined },
): Promise<Pick<ExplanationFigures, 'method' | 'standard_error' | 'contributions'>> {
  const count = Math.min(request.contributions, rows.rowCount)
  if (count === 0 || rows.columns.length === 0) return { contributions: [] }
  checkSize(count * rows.columns.length * (codes?.length ?? 1))
  const order = createRandom(deriveSeed(request.seed, 3))
  const chosen = takeTableRows(
    rows,
    drawRows(
      rowsWhere(rows.rowCount, () => true),
      count,
      order,
    ),
  )
  const { method, outputs } = await findContributions(model, chosen, {
    background,
    classCodes: codes,
    seed: deriveSeed(request.seed, 4),
    signal,
    onRows: (done) => onProgress?.({ stage: 'contributions', steps_done: done, steps_total: count }),
  })
  const errors = outputs.flatMap(({ errors: own = [] }) => own.flatMap((values) => [...values]))
  return {
    method,
    ...(errors.length === 0 ? {} : { standard_error: errors.reduce((sum, error) => sum + error, 0) / errors.length }),
    contributions: outputs.map((output) => describeOutput(model, chosen, output)),
  }
}

function checkSize(values: number): void {
  const most = limit('explanations.values_max')
  if (values <= most) return
  throw refused(
    `${values} contributions are more than ${most}: ask for fewer rows, or for one class`,
    `${values} contributions dépassent ${most} : demandez moins de lignes, ou une seule classe`,
  )
}

function describeOutput(
  { signature, inputs }: ExplainedModel,
  rows: Table,
  { classCode, output, base, byInput }: OutputContributions,
): Explanation['contributions'][number] {
  const columns = inputs.map((column, index) => {
    const values = byInput[index] ?? new Float64Array(0)
    const absolute = values.reduce((sum, value) => sum + Math.abs(value), 0) / Math.max(1, values.length)
    const own = rows.columns[index]
    return {
      column,
      mean_absolute: absolute,
      values: own === undefined ? [] : valuesOf(own, typeOf(signature, column)),
      contributions: [...values],
    }
  })
  columns.sort((a, b) => b.mean_absolute - a.mean_absolute)
  return {
    ...(classCode === undefined ? {} : { class: signature.target.classes[classCode] ?? '' }),
    base,
    output,
    columns,
  }
}

function typeOf({ features }: ExplainedModel['signature'], column: string): string | undefined {
  return features.find(({ name }) => name === column)?.type
}

/** Values as JSON: a missing one is null, a moment is in milliseconds, and truth values are such. */
function valuesOf(column: TableColumn, type: string | undefined): (number | string | boolean | null)[] {
  if (column.kind === 'text') return Array.from(column.codes, (code) => column.categories[code] ?? null)
  return Array.from(column.values, (value) => {
    if (Number.isNaN(value)) return null
    return type === 'boolean' ? value !== 0 : value
  })
}

async function fairnessOf(
  { model, request }: ExplainTableInput,
  { rows, table, truth }: Truthful & { readonly table: Table },
): Promise<Explanation['fairness']> {
  const { fairness } = request
  if (fairness === undefined) return []
  const { classes } = model.signature.target
  if (truth.kind !== 'classes')
    throw wrongField('fairness', 'rates by group are of a classifier, and this predicts numbers')
  const positive =
    fairness.favoured === undefined ? Math.min(1, classes.length - 1) : classes.indexOf(fairness.favoured)
  if (positive < 0) throw wrongField('fairness.favoured', `must be one of ${classes.slice(0, 50).join(', ')}`)
  const predicted = await model.predict(rows)
  if (predicted.kind !== 'classes') return []
  return [...new Set(fairness.by)].map((column) => {
    const { names, codes } = groupRows(table, column)
    const found = fairnessByGroup({
      truth: truth.codes,
      predicted: predicted.codes,
      positive,
      groupCodes: codes,
      groups: names,
    })
    return {
      column,
      favoured: classes[positive] ?? '',
      groups: found.groups.map((group) => ({
        group: group.group,
        rows: group.rowCount,
        selection_rate: rate(group.selectionRate),
        base_rate: rate(group.baseRate),
        accuracy: rate(group.accuracy),
        precision: rate(group.precision),
        true_positive_rate: rate(group.truePositiveRate),
        false_positive_rate: rate(group.falsePositiveRate),
      })),
      demographic_parity_difference: rate(found.demographicParityDifference),
      demographic_parity_ratio: rate(found.demographicParityRatio),
      equalized_odds_difference: rate(found.equalizedOddsDifference),
      equalized_odds_ratio: rate(found.equalizedOddsRatio),
    }
  })
}

function rate(value: number): number | null {
  return Number.isFinite(value) ? value : null
}
