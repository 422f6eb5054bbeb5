import type { Run } from '@fabrique/contract'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { Difference } from './difference.jsx'
import { isLowerBetter, mainMetrics, taskMetrics } from './metrics.js'
import { type Interval, readIntervals } from './read-intervals.js'
import { metricName, useTrainTexts } from './train-texts.js'
import { taskOf } from './training-cells.jsx'
import { useReport } from './use-report.js'

/** The few metrics that tell most, large; all of them below. */
export function TrainingMetrics({ run }: { readonly run: Run }) {
  const { f, language } = useI18n()
  const texts = useTrainTexts()
  const promotion = run.tags[language === 'fr' ? 'fabrique.promotion_fr' : 'fabrique.promotion']
  const intervals = readIntervals(useReport(run.id, 'intervals'))
  const values = numbersOf(run)
  const task = taskOf({ metrics: values, task: taskNamed(run.params.task) })
  const main = mainMetrics[task].filter((metric) => values[metric] !== undefined)
  const others = taskMetrics[task].filter((metric) => values[metric] !== undefined && !main.includes(metric))
  const rows = Number(run.params.test_rows)
  if (main.length === 0) return null
  return (
    <section className="stack-tight" aria-labelledby="training-results-title">
      <h2 id="training-results-title">{texts.run.results}</h2>
      <p className="muted">{rows > 0 ? texts.run.onTest(rows) : texts.run.onTestRows}</p>
      {promotion !== undefined && <p>{promotion}</p>}
      <dl className="train-tiles">
        {main.map((metric) => (
          <Tile key={metric} metric={metric} values={values} interval={intervals.get(metric)} />
        ))}
      </dl>
      {others.length > 0 && (
        <details className="train-more">
          <summary>{texts.run.others}</summary>
          <dl className="train-others">
            {others.map((metric) => (
              <div key={metric}>
                <dt>{metricName(texts, metric)}</dt>
                <dd title={f.exact(values[metric] ?? 0)}>{f.metric(values[metric] ?? 0)}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </section>
  )
}

interface TileProps {
  readonly metric: string
  readonly values: Readonly<Record<string, number>>
  readonly interval: Interval | undefined
}

function Tile({ metric, values, interval }: TileProps) {
  const { f } = useI18n()
  const texts = useTrainTexts()
  const value = values[metric] ?? 0
  const champion = values[`champion.${metric}`]
  const [mean, std] = [values[`cv_${metric}_mean`], values[`cv_${metric}_std`]]
  return (
    <div className="train-tile">
      <dt>{metricName(texts, metric)}</dt>
      <dd className="train-value" title={f.exact(value)}>
        {f.metric(value)}
      </dd>
      {interval !== undefined && (
        <dd className="small" title={texts.run.intervalTitle}>
          {texts.run.interval(f.metric(interval.low), f.metric(interval.high))}
        </dd>
      )}
      {champion !== undefined && (
        <dd className="small">
          {texts.run.champion(f.metric(champion))} <Difference metric={metric} change={value - champion} />
        </dd>
      )}
      {mean !== undefined && std !== undefined && (
        <dd className="small">{texts.run.folds(f.metric(mean), f.metric(std))}</dd>
      )}
      <dd className="small muted">{isLowerBetter(metric) ? texts.run.lower : texts.run.higher}</dd>
    </div>
  )
}

/** The metrics of a run that are numbers. */
export function numbersOf(run: Run): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(run.metrics).flatMap(([name, { value }]) => (typeof value === 'number' ? [[name, value]] : [])),
  )
}

const taskNamed = (task: string | undefined) => (task === 'classification' || task === 'regression' ? task : undefined)
