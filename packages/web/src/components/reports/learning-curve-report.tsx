import { useI18n } from '../../i18n/use-i18n.jsx'
import { domainOf } from './axis-marks.js'
import { Plot, type PlotPoint, type PlotScale, pathThrough } from './plot.jsx'
import { PlotLegend } from './plot-legend.jsx'
import type { Band, LearningCurve } from './read-reports.js'
import { ReportTable } from './report-table.jsx'
import { seriesStyle } from './series-style.js'
import { useReportTexts } from './use-report-texts.js'

/** Scores over the number of training rows: the means of the folds, with a band of one standard deviation. */
export function LearningCurveReport({ curve }: { readonly curve: LearningCurve }) {
  const { f } = useI18n()
  const texts = useReportTexts().learning
  const { metric, sizes, folds, train, test } = curve
  const last = sizes.length - 1
  const caption = texts.caption({
    metric,
    from: f.metric(test.mean[0] ?? 0),
    low: f.integer(sizes[0] ?? 0),
    to: f.metric(test.mean[last] ?? 0),
    high: f.integer(sizes[last] ?? 0),
  })
  const bands = [
    { name: texts.test, band: test },
    { name: texts.train, band: train },
  ]
  const points = bands.flatMap(({ name, band }): PlotPoint[] =>
    sizes.map((size, index) => {
      const mean = band.mean[index] ?? 0
      const spread = `${f.metric(mean)} ± ${f.metric(band.std[index] ?? 0)}`
      return { x: size, y: mean, text: `${name}. ${texts.x} ${f.integer(size)}, ${metric} ${spread}` }
    }),
  )
  const ends = bands.flatMap(({ band }) =>
    band.mean.flatMap((mean, index) => [mean - (band.std[index] ?? 0), mean + (band.std[index] ?? 0)]),
  )
  const rows = sizes.map((size, index) => ({ size, index }))
  type Row = (typeof rows)[number]
  const figure = (values: readonly number[], index: number) => f.metric(values[index] ?? 0)
  return (
    <figure className="stack-tight">
      <Plot
        caption={caption}
        x={{ label: texts.x, domain: domainOf(sizes) }}
        y={{ label: metric, domain: domainOf(ends) }}
        points={points}
      >
        {(scale) =>
          bands.map(({ name, band }, at) => (
            <g key={name} className="plot-line" {...seriesStyle(at)}>
              <path className="plot-band" d={bandPath(scale, sizes, band)} fill={seriesStyle(at).stroke} />
              <path d={pathThrough(scale, sizes, band.mean)} />
              {sizes.map((size, index) => (
                <circle
                  key={size}
                  cx={scale.x(size)}
                  cy={scale.y(band.mean[index] ?? 0)}
                  r="3"
                  fill={seriesStyle(at).stroke}
                />
              ))}
            </g>
          ))
        }
      </Plot>
      <PlotLegend entries={bands.map(({ name, band }) => ({ name, value: figure(band.mean, last) }))} />
      <figcaption className="small muted">{`${caption}. ${texts.band(folds)}`}</figcaption>
      <ReportTable
        title={metric}
        rows={rows}
        columns={[
          { id: 'size', header: texts.x, isNumber: true, render: ({ size }) => f.integer(size) },
          ...bands.flatMap(({ name, band }) => [
            { id: name, header: name, isNumber: true, render: ({ index }: Row) => figure(band.mean, index) },
            {
              id: `${name} std`,
              header: texts.deviation(name),
              isNumber: true,
              render: ({ index }: Row) => figure(band.std, index),
            },
          ]),
        ]}
      />
    </figure>
  )
}

/** The outline between mean − deviation and mean + deviation. */
function bandPath(scale: PlotScale, sizes: readonly number[], { mean, std }: Band): string {
  const upper = mean.map((value, index) => value + (std[index] ?? 0))
  const lower = mean.map((value, index) => value - (std[index] ?? 0))
  const back = pathThrough(scale, [...sizes].reverse(), [...lower].reverse()).replace('M', 'L')
  return `${pathThrough(scale, sizes, upper)}${back}Z`
}
