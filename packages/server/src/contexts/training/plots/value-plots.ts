import type { EvaluationReports } from '@fabrique/ml'
import { dashed, diagonal } from './curve-plots.js'
import { domainOf, type FramedPlot, figure, line, type PlotScale, plotColors, short } from './plot-frame.js'

type Pairs = NonNullable<EvaluationReports['predictions']>

export function predictionsPlot({ truth, predicted }: Pairs): FramedPlot {
  const domain = domainOf([...truth, ...predicted])
  return {
    title: 'Predicted and actual values',
    caption: `${truth.length} test rows. On the dashed line the prediction is exact`,
    x: { label: 'Actual', domain },
    y: { label: 'Predicted', domain },
    draw: (scale) => diagonal(scale, domain) + dots(scale, truth, predicted),
  }
}

export function residualsByPredictionPlot({ truth, predicted }: Pairs): FramedPlot {
  const errors = truth.map((value, row) => value - (predicted[row] ?? value))
  const [low, high] = domainOf(errors, 0)
  return {
    title: 'Residuals by prediction',
    caption: `Errors from ${figure(low)} to ${figure(high)}. Without a pattern around zero nothing was left to learn`,
    x: { label: 'Predicted', domain: domainOf(predicted) },
    y: { label: 'Actual − predicted', domain: domainOf([...errors, 0]) },
    draw: (scale) => {
      const zero = scale.y(0)
      return (
        line([scale.left, zero], [scale.right, zero], plotColors.reference, dashed) + dots(scale, predicted, errors)
      )
    },
  }
}

export function residualHistogramPlot({ edges, counts }: NonNullable<EvaluationReports['residuals']>): FramedPlot {
  const total = counts.reduce((sum, count) => sum + count, 0)
  const most = counts.reduce((before, count) => Math.max(before, count), 1)
  return {
    title: 'Distribution of residuals',
    caption: `Actual − predicted, of ${total} test rows`,
    x: { label: 'Actual − predicted', domain: [edges[0] ?? 0, edges.at(-1) ?? 1] },
    y: { label: 'Test rows', domain: [0, most * 1.05] },
    draw: (scale) =>
      `<path fill="${plotColors.series[0]}" d="${counts
        .map((count, index) => {
          const [left, right] = [scale.x(edges[index] ?? 0), scale.x(edges[index + 1] ?? 0)]
          const top = scale.y(count)
          return `M${short(left + 0.5)} ${short(top)}H${short(Math.max(right - 0.5, left + 1))}V${scale.bottom}H${short(left + 0.5)}Z`
        })
        .join('')}"/>`,
  }
}

function dots(scale: PlotScale, xs: readonly number[], ys: readonly number[]): string {
  const opacity = xs.length > 300 ? 0.4 : 0.7
  const circles = xs.map((x, row) => `<circle cx="${short(scale.x(x))}" cy="${short(scale.y(ys[row] ?? 0))}" r="3"/>`)
  return `<g fill="${plotColors.series[0]}" fill-opacity="${opacity}">${circles.join('')}</g>`
}
