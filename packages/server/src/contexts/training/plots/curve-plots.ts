import type { Curve, EvaluationReports, LearningCurveReport } from '@fabrique/ml'
import {
  domainOf,
  type FramedPlot,
  figure,
  line,
  type PlotScale,
  path,
  plotColors,
  seriesColor,
  seriesStroke,
  short,
} from './plot-frame.js'

const unit = [0, 1] as const

export function rocPlot(curves: NonNullable<EvaluationReports['roc_curve']>): FramedPlot {
  const scored = curves.map((curve) => ({ ...curve, score: curve.auc }))
  return {
    title: 'ROC curve',
    caption: `Area under the curve${ofClass(curves)}: ${scoreText(scored)}. The dashed line is chance`,
    x: { label: 'False positive rate', domain: unit },
    y: { label: 'True positive rate', domain: unit },
    legend: legendOf(scored),
    draw: (scale) => diagonal(scale, unit) + lines(scale, curves),
  }
}

export function precisionRecallPlot(curves: NonNullable<EvaluationReports['precision_recall_curve']>): FramedPlot {
  const scored = curves.map((curve) => ({ ...curve, score: curve.average_precision }))
  return {
    title: 'Precision-recall curve',
    caption: `Average precision${ofClass(curves)}: ${scoreText(scored)}`,
    x: { label: 'Recall', domain: unit },
    y: { label: 'Precision', domain: unit },
    legend: legendOf(scored),
    draw: (scale) => lines(scale, curves),
  }
}

export function calibrationPlot(curves: NonNullable<EvaluationReports['calibration_curve']>): FramedPlot {
  const gaps = curves.flatMap(({ x, y }) => x.map((value, index) => Math.abs(value - (y[index] ?? value))))
  const widest = gaps.reduce((most, gap) => Math.max(most, gap), 0)
  return {
    title: 'Calibration curve',
    caption: `On the dashed line, predicted probabilities${ofClass(curves)} are what is observed. Largest gap: ${figure(widest)}`,
    x: { label: 'Predicted probability', domain: unit },
    y: { label: 'Observed share', domain: unit },
    legend: curves.length === 1 ? [] : curves.map(({ name }) => ({ name })),
    draw: (scale) =>
      diagonal(scale, unit) + lines(scale, curves) + curves.map((curve, at) => marks(scale, curve, at)).join(''),
  }
}

/** Mean scores over the number of training rows, with a band of one standard deviation. */
export function learningCurvePlot({ metric, folds, sizes, train, test }: LearningCurveReport): FramedPlot {
  const bands = [
    { name: 'Rows not seen', ...test },
    { name: 'Training rows', ...train },
  ]
  const ends = bands.flatMap(({ mean, std }) =>
    mean.flatMap((value, index) => [value - (std[index] ?? 0), value + (std[index] ?? 0)]),
  )
  return {
    title: 'Learning curve',
    caption: `Mean over ${folds} folds, with one standard deviation`,
    x: { label: 'Training rows', domain: domainOf(sizes) },
    y: { label: metric, domain: domainOf(ends) },
    legend: bands.map(({ name, mean }) => ({ name, value: figure(mean.at(-1) ?? Number.NaN) })),
    draw: (scale) =>
      bands
        .map(({ mean, std }, at) => {
          const upper = mean.map((value, index) => value + (std[index] ?? 0))
          const lower = mean.map((value, index) => value - (std[index] ?? 0))
          const back = path(scale, [...sizes].reverse(), lower.reverse()).replace('M', 'L')
          const band = `<path d="${path(scale, sizes, upper)}${back}Z" fill="${seriesColor(at)}" fill-opacity="0.16"/>`
          const curve = { name: '', x: sizes, y: mean }
          return band + seriesLine(scale, curve, at) + marks(scale, curve, at)
        })
        .join(''),
  }
}

/** The line on which both axes are equal. */
export function diagonal(scale: PlotScale, [low, high]: readonly [number, number]): string {
  const [from, to] = [
    [scale.x(low), scale.y(low)],
    [scale.x(high), scale.y(high)],
  ] as const
  return line(from, to, plotColors.reference, dashed)
}

export const dashed = 'stroke-width="1.5" stroke-dasharray="5 4"'

function lines(scale: PlotScale, curves: readonly Curve[]): string {
  return curves.map((curve, at) => seriesLine(scale, curve, at)).join('')
}

function seriesLine(scale: PlotScale, { x, y }: Curve, at: number): string {
  return `<path d="${path(scale, x, y)}" fill="none" stroke-width="2" stroke-linejoin="round" ${seriesStroke(at)}/>`
}

function marks(scale: PlotScale, { x, y }: Curve, at: number): string {
  return x
    .map((value, index) => {
      const [cx, cy] = [short(scale.x(value)), short(scale.y(y[index] ?? 0))]
      return `<circle cx="${cx}" cy="${cy}" r="3.5" fill="${seriesColor(at)}"/>`
    })
    .join('')
}

interface Scored {
  readonly name: string
  readonly score: number
}

function legendOf(curves: readonly Scored[]) {
  return curves.length === 1 ? [] : curves.map(({ name, score }) => ({ name, value: figure(score) }))
}

/** Of two classes the curve of the second stands for both. */
function ofClass(curves: readonly Curve[]): string {
  return curves.length === 1 ? ` of ${curves[0]?.name}` : ''
}

function scoreText(curves: readonly Scored[]): string {
  const scores = curves.map(({ score }) => score).sort((first, second) => first - second)
  const [low, high] = [figure(scores[0] ?? Number.NaN), figure(scores.at(-1) ?? Number.NaN)]
  return low === high ? high : `${low} to ${high}`
}
