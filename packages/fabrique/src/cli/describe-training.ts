import { type Language, thresholdText } from '@fabrique/contract'
import type { DecisionReport, Experiment } from '@fabrique/ml'
import type { TrainedFile } from '@fabrique/server/files'
import pc from 'picocolors'
import { formatBytes } from './format.js'
import { table } from './table.js'
import { type TrainMessages, trainMessages } from './train-messages.js'

/** What was trained, for the terminal: how it was chosen, what became of the columns, how good it is, where it is. */
export function describeTraining(
  { experiment, onnx, seconds, search, chosen, learningCurve, readAsNumbers }: TrainedFile,
  out: string | undefined,
  language: Language,
): string {
  const texts = trainMessages(language)
  const number = new Intl.NumberFormat(language, { maximumSignificantDigits: 5 })
  const tenths = new Intl.NumberFormat(language, { maximumFractionDigits: 1, minimumFractionDigits: 1 })
  const { task, definition, trainRows, testRows, metrics } = experiment
  const parts = [
    `${pc.bold(definition.estimator.kind)}  ${pc.dim(`${texts.task[task]}, ${texts.rows(trainRows.length, testRows.length)}`)}\n`,
  ]
  if (chosen !== undefined) {
    const rows = chosen.leaderboard.map(({ estimator, metrics: own, seconds: took, state, reason }) => [
      estimatorText(estimator),
      state === 'finished' ? number.format(own[chosen.metric] ?? Number.NaN) : pc.dim(texts.state[state]),
      texts.seconds(tenths.format(took)),
      pc.dim(state === 'failed' ? (reason ?? '') : ''),
    ])
    parts.push(table([texts.leaderboard, texts.validation(chosen.metric), '', ''], rows, [1, 2]))
  }
  if (search !== undefined) {
    const count = (state: string) => search.trials.filter((trial) => trial.state === state).length
    const best = Object.entries(search.best.parameters).map(([name, value]) => `${name} = ${shown(value, number)}`)
    parts.push(
      `${texts.bestParameters}  ${best.join(', ')}\n${pc.dim(texts.trials(search.trials.length, count('pruned'), count('failed')))}\n`,
    )
  }
  parts.push(describeColumns(experiment, texts))
  if (readAsNumbers.length > 0) {
    const read = readAsNumbers.map(({ name, missing }) => `  ${name}  ${pc.dim(texts.blanks(missing))}`)
    parts.push(`${[texts.readAsNumbers, ...read].join('\n')}\n`)
  }
  if (experiment.decision !== undefined) parts.push(describeDecision(experiment.decision, texts, number))
  const rows = Object.entries(metrics).map(([name, value]) => [name, number.format(value)])
  parts.push(`${table([texts.metric, texts.value], rows, [1])}${pc.dim(texts.onTestRows)}\n`)
  if (learningCurve !== undefined) {
    const { metric, folds, sizes, train, test } = learningCurve
    const spread = ({ mean, std }: typeof train, at: number) =>
      `${number.format(mean[at] ?? Number.NaN)} ± ${number.format(std[at] ?? Number.NaN)}`
    const points = sizes.map((size, at) => [number.format(size), spread(test, at), spread(train, at)])
    const head = [texts.curveRows, texts.curveTest(metric), texts.curveTrain(metric)]
    parts.push(`${table(head, points, [0, 1, 2])}${pc.dim(texts.curveFolds(folds))}\n`)
  }
  const file = out === undefined ? texts.notWritten : texts.written(out, formatBytes(onnx.byteLength, language))
  parts.push(
    `${pc.bold(texts.model)}  ${file}\n${pc.dim(texts.took(tenths.format(seconds.read), tenths.format(seconds.train)))}\n`,
  )
  return parts.join('\n')
}

function describeColumns({ definition, dropped }: Experiment, texts: TrainMessages): string {
  const used = definition.columns.map(({ columns, steps }) => {
    const done = steps.length === 0 ? texts.noPreprocessing : steps.map(({ kind }) => kind).join(' → ')
    return `  ${columns.join(', ')}  ${pc.dim(done)}`
  })
  const left = dropped.map(({ name, reason }) => `  ${name}  ${pc.dim(texts.reasons[reason])}`)
  return `${[texts.features, ...used, ...(left.length === 0 ? [] : [texts.dropped, ...left])].join('\n')}\n`
}

function describeDecision(
  { calibration, threshold }: DecisionReport,
  texts: TrainMessages,
  number: Intl.NumberFormat,
): string {
  const lines = [texts.decision]
  if (calibration !== undefined) {
    const { method, rows, folds, before, after } = calibration
    lines.push(`  ${texts.methods[method]}  ${pc.dim(texts.heldBack(rows, folds))}`)
    for (const name of ['brier', 'log_loss', 'calibration_error'] as const) {
      if (before === undefined) continue
      lines.push(`  ${pc.dim(texts.beforeAfter(name, number.format(before[name]), number.format(after[name])))}`)
    }
  }
  if (threshold !== undefined) {
    const { asked, positive, score } = threshold
    const why = score === undefined ? '' : `  ${pc.dim(texts.bestFor(thresholdText(asked)))}`
    lines.push(`  ${texts.threshold(positive, number.format(threshold.threshold))}${why}`)
  }
  return `${lines.join('\n')}\n`
}

function estimatorText({
  kind,
  params = {},
}: {
  readonly kind: string
  readonly params?: Readonly<Record<string, unknown>>
}) {
  const given = Object.entries(params).map(([name, value]) => `${name}=${String(value)}`)
  return given.length === 0 ? kind : `${kind} ${pc.dim(given.join(' '))}`
}

function shown(value: unknown, number: Intl.NumberFormat): string {
  return typeof value === 'number' ? number.format(value) : JSON.stringify(value)
}
