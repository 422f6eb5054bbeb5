import type { Training } from '@fabrique/contract'
import { NativeSelect } from '@mantine/core'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useId, useMemo, useState } from 'react'
import { apiPath, call } from '../../api/client.js'
import { AppLink } from '../../components/app-link.jsx'
import { xTickText } from '../../components/charts/tick-format.js'
import { DataTable } from '../../components/data-table.jsx'
import { Icon } from '../../components/icon.jsx'
import { Load } from '../../components/load.jsx'
import { domainOf } from '../../components/reports/axis-marks.js'
import { Plot, pathThrough } from '../../components/reports/plot.jsx'
import { PlotLegend } from '../../components/reports/plot-legend.jsx'
import { seriesStyle } from '../../components/reports/series-style.js'
import { startsDay, timeMarks } from '../../components/reports/time-marks.js'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { bestPoint, type HistoryLine, historyLines, historyMetrics } from './history-lines.js'
import { isLowerBetter } from './metrics.js'
import { estimatorName, metricName, useTrainTexts } from './train-texts.js'
import { useHistoryTexts } from './training-history-texts.js'
import '../../components/reports/reports.css'

interface TrainingHistoryProps {
  readonly project: string
  readonly dataset?: string | undefined
  readonly target?: string | undefined
  readonly model?: string | undefined
}

/** Trainings that are drawn. */
const trainingsMax = 200
const linesMax = 12

const historyQuery = ({ project, dataset, target, model }: TrainingHistoryProps) =>
  queryOptions({
    queryKey: ['runs', 'trainings', 'history', project, dataset ?? null, target ?? null, model ?? null],
    queryFn: ({ signal }) =>
      call('listTrainings', { params: { project }, query: { dataset, target, model, limit: trainingsMax }, signal }),
    placeholderData: (before) => before,
  })

/** The metrics of trainings over time, one line for each model, and all of them as CSV. */
export function TrainingHistory(props: TrainingHistoryProps) {
  const { language } = useI18n()
  const texts = useHistoryTexts()
  const titleId = useId()
  const query = useQuery(historyQuery(props))
  const { project, dataset, target, model } = props
  const format = language === 'fr' ? 'csv-fr' : 'csv'
  return (
    <section className="stack-tight" aria-labelledby={titleId}>
      <div className="spread">
        <h2 id={titleId}>{texts.title}</h2>
        <a
          className="button-link"
          href={apiPath('exportTrainings', { project }, { dataset, target, model, format })}
          download
        >
          <span className="row">
            <Icon name="download" size={14} />
            {texts.save}
          </span>
        </a>
      </div>
      <Load query={query} lines={6}>
        {({ items, next_page_token }) => (
          <History project={project} trainings={items} hasMore={next_page_token !== undefined} />
        )}
      </Load>
    </section>
  )
}

interface HistoryProps {
  readonly project: string
  readonly trainings: readonly Training[]
  readonly hasMore: boolean
}

function History({ project, trainings, hasMore }: HistoryProps) {
  const { f } = useI18n()
  const texts = useHistoryTexts()
  const names = useTrainTexts()
  const [wanted, setWanted] = useState('')
  const finished = useMemo(() => trainings.filter(({ status }) => status === 'FINISHED'), [trainings])
  const metrics = useMemo(() => historyMetrics(finished), [finished])
  const metric = metrics.includes(wanted) ? wanted : metrics[0]
  const lines = useMemo(
    () => (metric === undefined ? [] : historyLines(finished, metric, (kind) => estimatorName(names, kind))),
    [finished, metric, names],
  )
  if (metric === undefined || lines.length === 0) return <p className="muted">{texts.none}</p>
  // In the order in which they began, so that a new line changes no colour.
  const shown = lines
    .slice(0, linesMax)
    .sort((first, second) => (first.points[0]?.at ?? 0) - (second.points[0]?.at ?? 0))
  return (
    <>
      <NativeSelect
        label={texts.metric}
        value={metric}
        data={metrics.map((name) => ({ value: name, label: metricName(names, name) }))}
        onChange={(event) => setWanted(event.currentTarget.value)}
        style={{ maxWidth: 260 }}
      />
      <HistoryChart project={project} metric={metric} lines={shown} />
      {shown.length < lines.length && (
        <p className="small muted">{texts.lines(f.integer(shown.length), f.integer(lines.length))}</p>
      )}
      {hasMore && <p className="small muted">{texts.newest(f.integer(trainings.length))}</p>}
    </>
  )
}

interface HistoryChartProps {
  readonly project: string
  readonly metric: string
  readonly lines: readonly HistoryLine[]
}

/** Seconds that the axis shows at least, so that trainings of one minute do not stand a screen apart. */
const spanMin = 60

function HistoryChart({ project, metric, lines }: HistoryChartProps) {
  const { language, f } = useI18n()
  const texts = useHistoryTexts()
  const names = useTrainTexts()
  const navigate = useNavigate()
  const moments = lines.flatMap(({ points }) => points.map(({ at }) => at))
  const [first, last] = [Math.min(...moments), Math.max(...moments)]
  const middle = (first + last) / 2
  const half = Math.max(last - first, spanMin) * 0.54
  const domain = [middle - half, middle + half] as const
  const offset = -new Date(middle * 1000).getTimezoneOffset() * 60
  const best = bestPoint(lines, metric)
  const title = metricName(names, metric)
  const momentOf = (at: number) => f.moment(new Date(at * 1000).toISOString())
  const points = lines.flatMap(({ name, points: own }) =>
    own.map(({ training, at, value }) => ({
      x: at,
      y: value,
      id: training.run_id,
      text: texts.point({ line: name, run: runName(training), value: f.metric(value), when: momentOf(at) }),
    })),
  )
  const caption = texts.caption({
    metric: title,
    count: points.length,
    best: best === undefined ? '' : best.line.name,
    value: f.metric(best?.point.value ?? Number.NaN),
  })
  const markText = (mark: number, marks: readonly number[]) => {
    const spacing = (marks[1] ?? mark + spanMin) - (marks[0] ?? mark)
    const text = xTickText(mark, 'time', spacing, language, f)
    const isDay = spacing >= 86_400
    return isDay || !startsDay(mark, marks, offset) ? text : `${xTickText(mark, 'time', 86_400, language, f)} ${text}`
  }
  const open = (run: string) => void navigate({ to: paths.run({ project, run }) } as never)
  return (
    <figure className="stack-tight">
      <Plot
        caption={`${texts.title}. ${caption}`}
        x={{ label: texts.ended, domain, marksOf: (count) => timeMarks(domain, count, offset), markText }}
        y={{
          label: title,
          domain: domainOf(
            points.map(({ y }) => y),
            0.12,
          ),
        }}
        height={320}
        points={points}
        onChoose={open}
      >
        {(scale) =>
          lines.map(({ name, points: own }, at) => (
            <g key={name} className="plot-line" {...seriesStyle(at)}>
              <path
                d={pathThrough(
                  scale,
                  own.map((point) => point.at),
                  own.map(({ value }) => value),
                )}
              />
              {own.map((point) => (
                <circle
                  key={point.training.run_id}
                  className={point === best?.point ? 'plot-best' : undefined}
                  cx={scale.x(point.at)}
                  cy={scale.y(point.value)}
                  r={point === best?.point ? 5.5 : 4}
                  fill={seriesStyle(at).stroke}
                />
              ))}
            </g>
          ))
        }
      </Plot>
      <PlotLegend
        entries={lines.map(({ name, points: own }) => ({ name, value: f.metric(own.at(-1)?.value ?? Number.NaN) }))}
      />
      <figcaption className="small muted">
        {`${caption}; ${isLowerBetter(metric) ? texts.smaller : texts.greater}`}
      </figcaption>
      <HistoryTable project={project} metric={title} lines={lines} />
    </figure>
  )
}

const runName = ({ run_name, run_id }: Training) => run_name || run_id.slice(0, 12)

/** The same as a table: its links are for those who do not point at a drawing. */
function HistoryTable({ project, metric, lines }: HistoryChartProps) {
  const { f } = useI18n()
  const texts = useHistoryTexts()
  const [isOpen, setOpen] = useState(false)
  const rows = lines
    .flatMap(({ name, points }) => points.map((point) => ({ ...point, name })))
    .sort((first, second) => second.at - first.at)
  return (
    <details className="report-table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{texts.asTable}</summary>
      {isOpen && (
        <div className="report-table-body">
          <DataTable
            label={`${texts.title}, ${metric}`}
            rows={rows}
            rowKey={({ training }) => training.run_id}
            columns={[
              {
                id: 'run',
                header: texts.training,
                render: ({ training }) => (
                  <AppLink to={paths.run({ project, run: training.run_id })}>{runName(training)}</AppLink>
                ),
              },
              { id: 'line', header: texts.line, render: ({ name }) => name },
              { id: 'value', header: metric, isNumber: true, render: ({ value }) => f.metric(value) },
              {
                id: 'ended',
                header: texts.ended,
                render: ({ training }) => (training.ended_at === undefined ? '–' : f.moment(training.ended_at)),
              },
            ]}
          />
        </div>
      )}
    </details>
  )
}
