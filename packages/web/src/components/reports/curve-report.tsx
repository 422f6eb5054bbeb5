import { useMemo } from 'react'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { type Domain, domainOf } from './axis-marks.js'
import { Plot, type PlotPoint, pathThrough } from './plot.jsx'
import { PlotLegend } from './plot-legend.jsx'
import type { ReportCurve } from './read-reports.js'
import { ReportTable } from './report-table.jsx'
import { seriesStyle } from './series-style.js'
import { type ReportTexts, useReportTexts } from './use-report-texts.js'

const unit: Domain = [0, 1]

/** Receiver operating characteristic of each class. */
export function RocReport({ curves }: { readonly curves: readonly ReportCurve[] }) {
  const texts = useReportTexts()
  return <ScoredCurves curves={curves} texts={texts.roc} hasDiagonal />
}

/** Precision over recall of each class. */
export function PrecisionRecallReport({ curves }: { readonly curves: readonly ReportCurve[] }) {
  const texts = useReportTexts()
  return <ScoredCurves curves={curves} texts={texts.pr} />
}

interface ScoredCurvesProps {
  readonly curves: readonly ReportCurve[]
  readonly texts: ReportTexts['roc'] | ReportTexts['pr']
  readonly hasDiagonal?: boolean
}

function ScoredCurves({ curves, texts, hasDiagonal = false }: ScoredCurvesProps) {
  const { f } = useI18n()
  const ranked = [...curves].sort((first, second) => (second.score ?? 0) - (first.score ?? 0))
  const [best, worst] = [ranked[0], ranked.at(-1)]
  if (best === undefined || worst === undefined) return null
  const caption = texts.caption({
    best: best.name,
    score: f.metric(best.score ?? Number.NaN),
    worst: worst.name,
    low: f.metric(worst.score ?? Number.NaN),
    count: curves.length,
  })
  return <Curves curves={curves} texts={texts} caption={caption} hasDiagonal={hasDiagonal} hasScores />
}

const none: readonly ReportCurve[] = []

interface CalibrationReportProps {
  readonly curves: readonly ReportCurve[]
  /** Drawn beside them, as those before a calibration. */
  readonly before?: readonly ReportCurve[]
}

/** Observed shares over predicted probabilities of each class. */
export function CalibrationReport({ curves, before = none }: CalibrationReportProps) {
  const { f } = useI18n()
  const texts = useReportTexts().calibration
  const gaps = curves.flatMap(({ xs, ys }) => xs.map((x, index) => Math.abs(x - (ys[index] ?? x))))
  const caption = texts.caption(f.metric(gaps.reduce((most, gap) => Math.max(most, gap), 0)))
  const all = useMemo(() => [...curves, ...before], [curves, before])
  return <Curves curves={all} texts={texts} caption={caption} hasDiagonal hasMarks />
}

interface CurvesProps {
  readonly curves: readonly ReportCurve[]
  readonly texts: { readonly title: string; readonly x: string; readonly y: string; readonly score?: string }
  readonly caption: string
  readonly hasDiagonal?: boolean
  readonly hasScores?: boolean
  /** Each point has a mark. */
  readonly hasMarks?: boolean
}

function Curves({ curves, texts, caption, hasDiagonal = false, hasScores = false, hasMarks = false }: CurvesProps) {
  const { f } = useI18n()
  const own = useReportTexts()
  const points = useMemo<readonly PlotPoint[]>(
    () =>
      curves.flatMap(({ name, xs, ys }) =>
        xs.map((x, index) => {
          const y = ys[index] ?? 0
          return { x, y, text: `${name}. ${texts.x} ${f.metric(x)}, ${texts.y} ${f.metric(y)}` }
        }),
      ),
    [curves, texts, f],
  )
  const rows = curves.flatMap(({ name, xs, ys, rows: counts }) =>
    xs.map((x, index) => ({ name, x, y: ys[index] ?? 0, count: counts?.[index] })),
  )
  const hasCounts = curves.some(({ rows: counts }) => counts !== undefined)
  return (
    <figure className="stack-tight">
      <Plot
        caption={`${texts.title}. ${caption}`}
        x={{ label: texts.x, domain: unit }}
        y={{ label: texts.y, domain: unit }}
        points={points}
      >
        {(scale) => (
          <>
            {hasDiagonal && (
              <line className="plot-reference" x1={scale.x(0)} y1={scale.y(0)} x2={scale.x(1)} y2={scale.y(1)} />
            )}
            {curves.map(({ name, xs, ys }, at) => (
              <g key={name} className="plot-line" {...seriesStyle(at)}>
                <path d={pathThrough(scale, xs, ys)} />
                {hasMarks &&
                  xs.map((x, index) => (
                    <circle key={x} cx={scale.x(x)} cy={scale.y(ys[index] ?? 0)} r="3" fill={seriesStyle(at).stroke} />
                  ))}
              </g>
            ))}
          </>
        )}
      </Plot>
      <PlotLegend
        entries={curves.map(({ name, score }) => ({
          name,
          ...(hasScores && score !== undefined ? { value: f.metric(score) } : {}),
        }))}
      />
      <figcaption className="small muted">{caption}</figcaption>
      <ReportTable
        title={texts.title}
        rows={rows}
        columns={[
          { id: 'class', header: own.classColumn, render: ({ name }) => name },
          { id: 'x', header: texts.x, isNumber: true, render: ({ x }) => f.metric(x) },
          { id: 'y', header: texts.y, isNumber: true, render: ({ y }) => f.metric(y) },
          ...(hasCounts
            ? [
                {
                  id: 'rows',
                  header: own.rows,
                  isNumber: true,
                  render: ({ count }: { readonly count: number | undefined }) =>
                    count === undefined ? '' : f.integer(count),
                },
              ]
            : []),
        ]}
      />
    </figure>
  )
}

/** An axis that holds all the values with a little room. */
export function axisAround(label: string, ...values: readonly (readonly number[])[]) {
  return { label, domain: domainOf(values.flat()) }
}
