import { type PredictOutputs, sampledPredictions, sampleShapley, type Table, takeTableRows } from '@fabrique/ml'
import { limit } from '../../kernel/index.js'
import { type RawContributions, rawContributions } from './exact-contributions.js'
import type { ExplainedModel } from './explained-model.js'
import { refused } from './refused.js'

/** What an output is: a number, a probability, its log-odds, or something of the model's own scale. */
export type OutputKind = 'value' | 'probability' | 'log_odds' | 'score'

/** What each column adds to one output, for some rows. */
export interface OutputContributions {
  /** Position of the class; undefined of a number. */
  readonly classCode: number | undefined
  readonly output: OutputKind
  readonly base: number
  /** By input of the file, for each row. */
  readonly byInput: readonly Float64Array[]
  /** Standard errors of the same, where they are estimates. */
  readonly errors?: readonly Float64Array[]
}

export interface FoundContributions {
  readonly method: 'tree' | 'linear' | 'sampling'
  readonly outputs: readonly OutputContributions[]
}

export interface ContributionsAsked {
  /** Rows that columns which are left out are drawn from; without them only trees can be explained. */
  readonly background: Table | undefined
  /** Positions of the classes that are explained; undefined of a regression. */
  readonly classCodes: readonly number[] | undefined
  readonly seed: number
  readonly signal?: AbortSignal | undefined
  readonly onRows?: (done: number) => void
}

/** Fewest rows of a background that make an estimate. */
const backgroundRowsMin = 10

/**
 * What each column adds: exactly where the file has trees or a linear function whose result it gives as it is or by a known link, by random
 * orders of the columns otherwise. Throws `explanation_refused`, or MlError `training_aborted`.
 */
export async function findContributions(
  model: ExplainedModel,
  rows: Table,
  asked: ContributionsAsked,
): Promise<FoundContributions> {
  const raw = await rawContributions(model, rows, asked)
  const said = await model.outputs(rows)
  const exact = raw === undefined ? undefined : linked(raw, said, { model, asked })
  return exact ?? sampled(model, rows, asked)
}

interface Linking {
  readonly model: ExplainedModel
  readonly asked: ContributionsAsked
}

/** How far a file may be from what its trees say: it computes in float32. */
const tolerance = 1e-4

/** Compares what the raw contributions add up to with what the file says. Undefined where a file says something else, as one with a calibration. */
function linked(
  raw: RawContributions,
  said: readonly ArrayLike<number>[],
  { model, asked }: Linking,
): FoundContributions | undefined {
  const totals = raw.byInput.map((own, output) => totalsOf(own, raw.expected[output] ?? 0))
  const hasScores = said.length > 0 && model.signature.task === 'classification' && !areShares(said)
  const own: OutputKind = model.signature.task === 'regression' ? 'value' : hasScores ? 'score' : 'probability'
  const give = (pick: (code: number) => { output: number; sign: number; kind: OutputKind; isSame: boolean }) => {
    const codes = asked.classCodes ?? [0]
    const outputs = codes.map((code): OutputContributions => {
      const { output, sign, kind, isSame } = pick(code)
      const columns = (raw.byInput[output] ?? []).map((values) => values.map((value) => sign * value))
      const base = sign * (raw.expected[output] ?? 0)
      if (isSame) spreadRest(columns, { base, said: said[code] ?? [] })
      return { classCode: asked.classCodes === undefined ? undefined : code, output: kind, base, byInput: columns }
    })
    return { method: raw.method, outputs }
  }
  if (totals.length === said.length) {
    if (totals.every((total, code) => isClose(total, said[code]))) {
      return give((code) => ({ output: code, sign: 1, kind: own, isSame: true }))
    }
    if (said.length === 1 && isClose(totals[0]?.map(Math.exp), said[0])) {
      return give((code) => ({ output: code, sign: 1, kind: 'score', isSame: false }))
    }
    const links = [softmax(totals), normalised(totals)]
    if (said.length > 1 && links.some((values) => values.every((total, code) => isClose(total, said[code])))) {
      return give((code) => ({ output: code, sign: 1, kind: 'score', isSame: false }))
    }
  }
  const [only] = totals
  const [, second] = said
  if (totals.length !== 1 || said.length !== 2 || only === undefined) return undefined
  const mirrored = (kind: OutputKind, isSame: boolean) =>
    give((code) => ({ output: 0, sign: code === 1 ? 1 : -1, kind, isSame }))
  if (isClose(only.map(logistic), second)) return mirrored('log_odds', false)
  if (hasScores && isClose(only, second)) return mirrored('score', true)
  if (isClose(only.map(clipped), second)) return mirrored('score', false)
  return undefined
}

function totalsOf(byInput: readonly Float64Array[], base: number): Float64Array {
  const totals = new Float64Array(byInput[0]?.length ?? 0).fill(base)
  for (const values of byInput) for (const [row, value] of values.entries()) totals[row] = (totals[row] ?? 0) + value
  return totals
}

function areShares(said: readonly ArrayLike<number>[]): boolean {
  for (let row = 0; row < (said[0]?.length ?? 0); row += 1) {
    const sum = said.reduce((total, values) => total + (values[row] ?? 0), 0)
    if (Math.abs(sum - 1) > tolerance || said.some((values) => (values[row] ?? -1) < 0)) return false
  }
  return true
}

function isClose(found: Float64Array | undefined, said: ArrayLike<number> | undefined): boolean {
  if (found === undefined || said === undefined || found.length !== said.length) return false
  return found.every((value, row) => {
    const other = said[row] ?? Number.NaN
    return Math.abs(value - other) <= tolerance * Math.max(1, Math.abs(other))
  })
}

const logistic = (value: number) => 1 / (1 + Math.exp(-value))
const clipped = (value: number) => Math.min(1, Math.max(0, (value + 1) / 2))

function softmax(totals: readonly Float64Array[]): Float64Array[] {
  return shares(totals, (value, greatest) => Math.exp(value - greatest))
}

/** One class against the rest: logistic functions, made to add up to one. */
function normalised(totals: readonly Float64Array[]): Float64Array[] {
  return shares(totals, logistic)
}

function shares(totals: readonly Float64Array[], link: (value: number, greatest: number) => number): Float64Array[] {
  const found = totals.map((values) => new Float64Array(values.length))
  for (let row = 0; row < (totals[0]?.length ?? 0); row += 1) {
    const values = totals.map((own) => own[row] ?? Number.NaN)
    const greatest = Math.max(...values)
    const parts = values.map((value) => link(value, greatest))
    const sum = parts.reduce((total, part) => total + part, 0)
    for (const [output, part] of parts.entries()) (found[output] ?? new Float64Array(0))[row] = part / sum
  }
  return found
}

/** What rounding left over goes to the columns by the size of what they add, so that all adds up to what the file says. */
function spreadRest(columns: Float64Array[], { base, said }: { base: number; said: ArrayLike<number> }): void {
  for (let row = 0; row < said.length; row += 1) {
    let [sum, size] = [base, 0]
    for (const values of columns) {
      sum += values[row] ?? 0
      size += Math.abs(values[row] ?? 0)
    }
    if (size === 0) continue
    const rest = ((said[row] ?? Number.NaN) - sum) / size
    for (const values of columns) values[row] = (values[row] ?? 0) + rest * Math.abs(values[row] ?? 0)
  }
}

async function sampled(model: ExplainedModel, rows: Table, asked: ContributionsAsked): Promise<FoundContributions> {
  const { background, classCodes, seed, signal, onRows } = asked
  if (background === undefined || background.rowCount === 0) {
    throw refused(
      'its contributions can only be estimated, against rows of its training snapshot, which is not known or has none',
      'ses contributions ne peuvent être qu’estimées, face à des lignes de son instantané d’entraînement, qui n’est pas connu ou n’en a pas',
    )
  }
  const codes = classCodes ?? [0]
  const predict: PredictOutputs = async (given) => {
    const said = await model.outputs(given)
    return codes.map((code) => said[code] ?? [])
  }
  const found = await sampleShapley(rows, predict, {
    seed,
    background: affordable(background, rows),
    ...(signal === undefined ? {} : { signal }),
    ...(onRows === undefined ? {} : { onProgress: ({ done }) => onRows(done) }),
  })
  const kind = await kindOf(model, rows)
  const outputs = codes.map((code, index) => ({
    classCode: classCodes === undefined ? undefined : code,
    output: kind,
    base: found.expected[index] ?? Number.NaN,
    byInput: found.contributions[index] ?? [],
    errors: found.standardErrors[index] ?? [],
  }))
  return { method: 'sampling', outputs }
}

async function kindOf(model: ExplainedModel, rows: Table): Promise<OutputKind> {
  if (model.signature.task === 'regression') return 'value'
  const predicted = await model.predict(takeTableRows(rows, Int32Array.of(0)))
  return predicted.kind === 'classes' && predicted.probabilities !== null ? 'probability' : 'score'
}

/** As many rows of the background as the predictions that may be made allow. */
function affordable(background: Table, rows: Table): Table {
  const perRow = rows.rowCount * sampledPredictions(1, rows.columns.length)
  const most = Math.floor(limit('explanations.predictions_max') / perRow)
  if (most >= background.rowCount) return background
  if (most < Math.min(backgroundRowsMin, background.rowCount)) {
    const [count, columns] = [rows.rowCount, rows.columns.length]
    throw refused(
      `${count} rows of ${columns} columns are too many to estimate contributions of: ask for at most ${Math.floor((count * most) / backgroundRowsMin)} rows`,
      `${count} lignes de ${columns} colonnes sont trop pour estimer leurs contributions ; demandez-en au plus ${Math.floor((count * most) / backgroundRowsMin)}`,
    )
  }
  return takeTableRows(
    background,
    Int32Array.from({ length: most }, (_, row) => row),
  )
}
