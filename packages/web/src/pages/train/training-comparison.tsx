import type { Run, Training } from '@fabrique/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { Icon } from '../../components/icon.jsx'
import { SkeletonLines } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { writeList } from '../../routing/search-lists.js'
import { comparedMax } from '../compare/compared-runs.js'
import { Difference } from './difference.jsx'
import { bestOf, mainMetrics } from './metrics.js'
import { trainQueries } from './train-queries.js'
import { estimatorName, metricName, useTrainTexts } from './train-texts.js'
import { TrainedVersion, taskOf } from './training-cells.jsx'

const shownMax = 50

interface TrainingComparisonProps {
  readonly project: string
  readonly run: Run
  readonly dataset: string
  readonly target: string
}

/** Finished trainings on the same data and target side by side: the best of each metric, and the way to the champion. */
export function TrainingComparison({ project, run, dataset, target }: TrainingComparisonProps) {
  const { earlier: texts } = useTrainTexts()
  const query = useInfiniteQuery(trainQueries.trainings(project, { dataset, target }, shownMax))
  const finished = query.data?.pages.flatMap(({ items }) => items).filter(({ status }) => status === 'FINISHED')
  return (
    <section className="stack-tight" aria-labelledby="training-comparison-title">
      <h2 id="training-comparison-title">{texts.ofSame}</h2>
      {finished === undefined && query.error !== null && (
        <FailurePanel error={query.error} onRetry={() => void query.refetch()} />
      )}
      {finished === undefined && query.error === null && <SkeletonLines lines={4} />}
      {finished !== undefined && finished.length < 2 && <p className="muted">{texts.only}</p>}
      {finished !== undefined && finished.length > 1 && (
        <ComparisonTable project={project} run={run.id} trainings={finished} />
      )}
    </section>
  )
}

interface ComparisonTableProps {
  readonly project: string
  readonly run: string
  readonly trainings: readonly Training[]
}

function ComparisonTable({ project, run, trainings }: ComparisonTableProps) {
  const texts = useTrainTexts()
  const { earlier } = texts
  const own = trainings.find(({ run_id }) => run_id === run)
  const task = taskOf(own ?? trainings[0] ?? { metrics: {} })
  const alike = trainings.filter((training) => taskOf(training) === task)
  const champion = alike.find(({ aliases }) => aliases.includes('champion'))
  const metrics = mainMetrics[task].filter((metric) => alike.some((training) => training.metrics[metric] !== undefined))
  const best = new Map(
    metrics.map((metric) => [
      metric,
      bestOf(
        metric,
        alike.map((one) => one.metrics[metric]),
      ),
    ]),
  )
  const compared = alike.slice(0, comparedMax).map(({ run_id }) => run_id)
  return (
    <>
      <DataTable
        label={earlier.ofSame}
        rows={alike}
        rowKey={({ run_id }) => run_id}
        isChosen={({ run_id }) => run_id === run}
        columns={[
          {
            id: 'run',
            header: earlier.run,
            render: ({ run_id, run_name }) =>
              run_id === run ? (
                <span>
                  {run_name} <span className="muted">({earlier.thisOne})</span>
                </span>
              ) : (
                <AppLink to={paths.training({ project, run: run_id })}>{run_name || run_id.slice(0, 12)}</AppLink>
              ),
          },
          {
            id: 'estimator',
            header: earlier.estimator,
            render: ({ estimator }) => (estimator === undefined ? '–' : estimatorName(texts, estimator)),
          },
          ...metrics.map((metric) => ({
            id: metric,
            header: metricName(texts, metric),
            isNumber: true,
            render: (training: Training) => (
              <MetricCell
                metric={metric}
                value={training.metrics[metric]}
                best={best.get(metric)}
                champion={training.run_id === champion?.run_id ? undefined : champion?.metrics[metric]}
              />
            ),
          })),
          { id: 'model', header: earlier.model, render: (training) => <TrainedVersion training={training} /> },
          { id: 'started', header: earlier.started, render: ({ started_at }) => <Moment at={started_at} /> },
        ]}
      />
      <p>
        <AppLink to={paths.compare({ project })} search={{ runs: writeList(compared), baseline: run }}>
          {earlier.compare}
        </AppLink>
      </p>
    </>
  )
}

interface MetricCellProps {
  readonly metric: string
  readonly value: number | undefined
  readonly best: number | undefined
  readonly champion: number | undefined
}

/** A value, whether it is the best, and how far from that of the champion. */
function MetricCell({ metric, value, best, champion }: MetricCellProps) {
  const { f } = useI18n()
  const { earlier } = useTrainTexts()
  if (value === undefined) return '–'
  const isBest = value === best
  return (
    <span className="train-cell" title={f.exact(value)}>
      {isBest && <Icon name="check" size={12} />}
      <span className={isBest ? 'train-best' : undefined}>
        {f.metric(value)}
        {isBest && <span className="visually-hidden"> ({earlier.best})</span>}
      </span>
      {champion !== undefined && <Difference metric={metric} change={value - champion} />}
    </span>
  )
}
