import type { FeatureSpec } from '@fabrique/contract'
import { useId } from 'react'
import { type Domain, domainOf } from '../../components/reports/axis-marks.js'
import { Plot, type PlotPoint, pathThrough } from '../../components/reports/plot.jsx'
import { PlotLegend } from '../../components/reports/plot-legend.jsx'
import { ReportTable } from '../../components/reports/report-table.jsx'
import { seriesStyle } from '../../components/reports/series-style.js'
import { timeMarks } from '../../components/reports/time-marks.js'
import type { Format } from '../../i18n/format.js'
import { useI18n } from '../../i18n/use-i18n.jsx'
import type { Dependence } from './explain-figures.js'
import { useExplainTexts } from './explain-texts.js'
import { valueText } from './value-text.js'

interface DependenceChartsProps {
  readonly dependence: readonly Dependence[]
  readonly features: readonly FeatureSpec[]
  readonly isClassification: boolean
  /** Name of the predicted number. */
  readonly target: string
}

/** A chart for each column: the mean answer over its values, one line for each class. */
export function DependenceCharts({ dependence, features, isClassification, target }: DependenceChartsProps) {
  const words = useExplainTexts().dependence
  const names = [...new Set(dependence.map(({ column }) => column))]
  const means = dependence.flatMap((each) => each.means)
  const types = new Map(features.map(({ name, type }) => [name, type]))
  return (
    <section className="stack-tight" aria-labelledby="explain-dependence">
      <h2 id="explain-dependence">{words.title}</h2>
      <p className="muted">{words.lead}</p>
      <div className="report-cards">
        {names.map((column) => (
          <DependenceChart
            key={column}
            column={column}
            lines={dependence.filter((each) => each.column === column)}
            type={types.get(column)}
            domain={domainOf(means, 0.08)}
            label={isClassification ? words.probability : words.value(target)}
          />
        ))}
      </div>
    </section>
  )
}

interface DependenceChartProps {
  readonly column: string
  readonly lines: readonly Dependence[]
  readonly type: FeatureSpec['type'] | undefined
  readonly domain: Domain
  readonly label: string
}

function DependenceChart({ column, lines, type, domain, label }: DependenceChartProps) {
  const { f } = useI18n()
  const texts = useExplainTexts()
  const words = texts.dependence
  const id = useId()
  const grid = lines[0]?.grid ?? []
  const hasOrder = type !== 'boolean' && grid.every((value) => typeof value === 'number')
  const xs = grid.map((value, at) => (hasOrder && typeof value === 'number' ? value : at))
  const show = (value: number | string) =>
    valueText(type === 'boolean' ? Number(value) !== 0 : value, { type, words: texts.waterfall, f })
  const caption = useCaption({ column, lines, show })
  const domainX: Domain = hasOrder ? domainOf(xs) : [-0.5, Math.max(xs.length - 0.5, 0.5)]
  const points = lines.flatMap(({ class: name = '', means }): PlotPoint[] =>
    xs.map((x, at) => {
      const mean = means[at] ?? 0
      return { x, y: mean, text: words.read({ column, at: show(grid[at] ?? ''), mean: f.metric(mean), name }) }
    }),
  )
  const rows = grid.map((value, at) => ({ value, at }))
  type Row = (typeof rows)[number]
  return (
    <section className="report-card" aria-labelledby={id}>
      <h3 id={id}>{column}</h3>
      <figure className="stack-tight">
        <Plot
          caption={caption}
          height={240}
          x={{
            label: column,
            domain: domainX,
            ...(hasOrder ? {} : nameAxis(grid.map(show))),
            ...(hasOrder && type === 'timestamp' ? momentAxis(domainX, f) : {}),
          }}
          y={{ label, domain }}
          points={points}
        >
          {(scale) =>
            lines.map(({ class: name = '', means }, at) => (
              <g key={name} className="plot-line" {...seriesStyle(at)}>
                {hasOrder && <path d={pathThrough(scale, xs, means)} />}
                {xs.map((x, place) => (
                  <circle
                    key={x}
                    cx={scale.x(x)}
                    cy={scale.y(means[place] ?? 0)}
                    r={hasOrder ? 2 : 4.5}
                    fill={seriesStyle(at).stroke}
                  />
                ))}
              </g>
            ))
          }
        </Plot>
        {lines.length > 1 && <PlotLegend entries={lines.map(({ class: name = '' }) => ({ name }))} />}
        <figcaption className="small muted">{caption}</figcaption>
        <ReportTable
          title={column}
          rows={rows}
          columns={[
            { id: 'value', header: words.columnValue, render: ({ value }) => show(value) },
            ...lines.map(({ class: name, means }) => ({
              id: `mean ${name ?? ''}`,
              header: name === undefined ? label : words.classMean(name),
              isNumber: true,
              render: ({ at }: Row) => f.metric(means[at] ?? 0),
            })),
          ]}
        />
      </figure>
    </section>
  )
}

interface CaptionParts {
  readonly column: string
  readonly lines: readonly Dependence[]
  readonly show: (value: number | string) => string
}

/** From where to where the answer goes, of the first class where there are several. */
function useCaption({ column, lines, show }: CaptionParts): string {
  const { f } = useI18n()
  const words = useExplainTexts().dependence
  const [line] = lines
  const { means = [], grid = [] } = line ?? {}
  const [least, most] = [Math.min(...means), Math.max(...means)]
  if (means.length === 0 || least === most) return words.flat(column)
  const at = (mean: number) => show(grid[means.indexOf(mean)] ?? '')
  const [from, to] = means.indexOf(least) < means.indexOf(most) ? [least, most] : [most, least]
  const text = words.caption({ column, low: f.metric(from), at: at(from), high: f.metric(to), to: at(to) })
  return lines.length > 1 && line?.class !== undefined ? `${text} (${line.class})` : text
}

/** As many names as fit stand below; the others stand in the table and are told to the pointer. */
function nameAxis(names: readonly string[]) {
  return {
    marksOf: (wanted: number) =>
      [...names.keys()].filter((at) => at % Math.ceil(names.length / Math.max(wanted, 1)) === 0),
    markText: (mark: number) => shorten(names[mark] ?? ''),
  }
}

function momentAxis([low, high]: Domain, f: Format) {
  return {
    marksOf: (wanted: number) => timeMarks([low / 1000, high / 1000], wanted, 0).map((second) => second * 1000),
    markText: (mark: number) => f.dayUtc(mark),
  }
}

const shorten = (text: string) => (text.length > 14 ? `${text.slice(0, 13)}…` : text)
