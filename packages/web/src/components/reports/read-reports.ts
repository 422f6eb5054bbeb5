/** What a training leaves in `reports/*.json`, as it is drawn. A file that has another form is `undefined`, never an error. */

/** A curve with what it is of. */
export interface ReportCurve {
  readonly name: string
  readonly xs: readonly number[]
  readonly ys: readonly number[]
  /** Area under the curve, or average precision. */
  readonly score?: number
  /** Of a calibration curve: rows behind each point. */
  readonly rows?: readonly number[]
}

export interface ConfusionMatrix {
  readonly classes: readonly string[]
  /** `counts[truth][predicted]`. */
  readonly counts: readonly (readonly number[])[]
}

export interface ClassScores {
  readonly name: string
  readonly precision: number
  readonly recall: number
  readonly f1: number
  readonly support: number
}

export interface Pairs {
  readonly truth: readonly number[]
  readonly predicted: readonly number[]
}

export interface Bins {
  /** One more than there are counts. */
  readonly edges: readonly number[]
  readonly counts: readonly number[]
}

export interface Importance {
  readonly name: string
  readonly value: number
}

/** Scores over growing numbers of training rows. */
export interface LearningCurve {
  readonly metric: string
  readonly folds: number
  readonly sizes: readonly number[]
  readonly train: Band
  readonly test: Band
}

export interface Band {
  readonly mean: readonly number[]
  readonly std: readonly number[]
}

export interface SearchTrial {
  readonly number: number
  readonly state: string
  readonly value: number | null
  readonly resource: number
  readonly parameters: Readonly<Record<string, unknown>>
  readonly error?: string
}

export interface SearchReport {
  readonly metric: string
  readonly best: number | undefined
  readonly trials: readonly SearchTrial[]
}

export interface LeaderboardRow {
  readonly kind: string
  readonly params: Readonly<Record<string, unknown>>
  readonly state: string
  readonly metrics: Readonly<Record<string, number>>
  readonly seconds: number
  readonly reason?: string
}

export interface Leaderboard {
  readonly metric: string
  readonly rows: readonly LeaderboardRow[]
}

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {})

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined

/** All of them, or none. */
function listOf<Item>(value: unknown, read: (item: unknown) => Item | undefined): readonly Item[] | undefined {
  if (!Array.isArray(value)) return undefined
  const items = value.map(read)
  return items.includes(undefined) ? undefined : (items as Item[])
}

const numbersOf = (value: unknown) => listOf(value, numberOf)

export function readConfusionMatrix(value: unknown): ConfusionMatrix | undefined {
  const fields = fieldsOf(value)
  const classes = listOf(fields.classes, textOf)
  const counts = listOf(fields.counts, numbersOf)
  if (classes === undefined || counts === undefined || classes.length === 0) return undefined
  const isSquare = counts.length === classes.length && counts.every((line) => line.length === classes.length)
  return isSquare ? { classes, counts } : undefined
}

export function readClassReport(value: unknown): readonly ClassScores[] | undefined {
  if (!isFields(value)) return undefined
  return listOf(Object.entries(value), (entry) => {
    const [name, scores] = entry as [string, unknown]
    const { precision, recall, f1, support } = fieldsOf(scores)
    const read = [precision, recall, f1, support].map(numberOf)
    const [p, r, f, s] = read
    if (p === undefined || r === undefined || f === undefined || s === undefined) return undefined
    return { name, precision: p, recall: r, f1: f, support: s }
  })
}

/** Curves of a file; `score` names the field of their area. Curves without points are left out. */
export function readCurves(value: unknown, score?: string): readonly ReportCurve[] | undefined {
  const curves = listOf(value, (item) => {
    const fields = fieldsOf(item)
    const [name, xs, ys] = [textOf(fields.name), numbersOf(fields.x), numbersOf(fields.y)]
    if (name === undefined || xs === undefined || ys === undefined || xs.length !== ys.length) return undefined
    const area = score === undefined ? undefined : numberOf(fields[score])
    const rows = numbersOf(fields.rows)
    return {
      name,
      xs,
      ys,
      ...(area === undefined ? {} : { score: area }),
      ...(rows === undefined || rows.length !== xs.length ? {} : { rows }),
    }
  })
  return curves?.filter(({ xs }) => xs.length > 0)
}

export function readPairs(value: unknown): Pairs | undefined {
  const fields = fieldsOf(value)
  const [truth, predicted] = [numbersOf(fields.truth), numbersOf(fields.predicted)]
  if (truth === undefined || predicted === undefined) return undefined
  return truth.length > 0 && truth.length === predicted.length ? { truth, predicted } : undefined
}

export function readBins(value: unknown): Bins | undefined {
  const fields = fieldsOf(value)
  const [edges, counts] = [numbersOf(fields.edges), numbersOf(fields.counts)]
  if (edges === undefined || counts === undefined || counts.length === 0) return undefined
  return edges.length === counts.length + 1 ? { edges, counts } : undefined
}

/** The features by the size of what they do, the greatest first. */
export function readImportances(value: unknown): readonly Importance[] | undefined {
  if (!isFields(value)) return undefined
  const read = listOf(Object.entries(value), (entry) => {
    const [name, importance] = entry as [string, unknown]
    const number = numberOf(importance)
    return number === undefined ? undefined : { name, value: number }
  })
  return read === undefined || read.length === 0
    ? undefined
    : [...read].sort((first, second) => Math.abs(second.value) - Math.abs(first.value))
}

export function readLearningCurve(value: unknown): LearningCurve | undefined {
  const fields = fieldsOf(value)
  const [metric, folds, sizes] = [textOf(fields.metric), numberOf(fields.folds), numbersOf(fields.sizes)]
  const [train, test] = [fields.train, fields.test].map((part) => bandOf(part, sizes?.length ?? 0))
  if (metric === undefined || folds === undefined || sizes === undefined) return undefined
  if (train === undefined || test === undefined || sizes.length === 0) return undefined
  return { metric, folds, sizes, train, test }
}

function bandOf(value: unknown, length: number): Band | undefined {
  const fields = fieldsOf(value)
  const [mean, std] = [numbersOf(fields.mean), numbersOf(fields.std)]
  return mean?.length === length && std?.length === length ? { mean, std } : undefined
}

export function readSearch(value: unknown): SearchReport | undefined {
  const fields = fieldsOf(value)
  const metric = textOf(fields.metric)
  const trials = listOf(fields.trials, (item) => {
    const trial = fieldsOf(item)
    const [number, state] = [numberOf(trial.number), textOf(trial.state)]
    if (number === undefined || state === undefined) return undefined
    const error = textOf(trial.error)
    return {
      number,
      state,
      value: numberOf(trial.value) ?? null,
      resource: numberOf(trial.resource) ?? 1,
      parameters: fieldsOf(trial.parameters),
      ...(error === undefined ? {} : { error }),
    }
  })
  if (metric === undefined || trials === undefined) return undefined
  return { metric, trials, best: numberOf(fieldsOf(fields.best).number) }
}

export function readLeaderboard(value: unknown): Leaderboard | undefined {
  const fields = fieldsOf(value)
  const metric = textOf(fields.metric)
  const rows = listOf(fields.leaderboard, (item) => {
    const row = fieldsOf(item)
    const estimator = fieldsOf(row.estimator)
    const [kind, state] = [textOf(estimator.kind), textOf(row.state)]
    if (kind === undefined || state === undefined) return undefined
    const reason = textOf(row.reason)
    return {
      kind,
      state,
      params: fieldsOf(estimator.params),
      metrics: numbersByName(row.metrics),
      seconds: numberOf(row.seconds) ?? 0,
      ...(reason === undefined ? {} : { reason }),
    }
  })
  return metric === undefined || rows === undefined ? undefined : { metric, rows }
}

function numbersByName(value: unknown): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(fieldsOf(value)).flatMap(([name, item]) => {
      const number = numberOf(item)
      return number === undefined ? [] : [[name, number]]
    }),
  )
}
