import { Button } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { SkeletonLines } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { runState, StateWord } from '../../components/state-word.jsx'
import { paths } from '../../routing/paths.js'
import { trainQueries } from './train-queries.js'
import { estimatorName, useTrainTexts } from './train-texts.js'
import { ShortMetrics, TrainedVersion } from './training-cells.jsx'

const pageSize = 20

/** The trainings of the project, newest first. */
export function EarlierTrainings({ project }: { readonly project: string }) {
  const texts = useTrainTexts()
  const { earlier } = texts
  const query = useInfiniteQuery(trainQueries.trainings(project, {}, pageSize))
  const trainings = query.data?.pages.flatMap(({ items }) => items)
  return (
    <section className="stack-tight" aria-labelledby="trainings-title">
      <h2 id="trainings-title">{earlier.title}</h2>
      {trainings === undefined && query.error !== null && (
        <FailurePanel error={query.error} onRetry={() => void query.refetch()} />
      )}
      {trainings === undefined && query.error === null && <SkeletonLines lines={4} />}
      {trainings?.length === 0 && <p className="muted">{earlier.empty}</p>}
      {trainings !== undefined && trainings.length > 0 && (
        <DataTable
          label={earlier.title}
          rows={trainings}
          rowKey={({ run_id }) => run_id}
          isMarked={({ status }) => status === 'FAILED'}
          columns={[
            {
              id: 'run',
              header: earlier.run,
              render: ({ run_id: run, run_name }) => (
                <AppLink to={paths.training({ project, run })}>{run_name || run.slice(0, 12)}</AppLink>
              ),
            },
            {
              id: 'state',
              header: earlier.state,
              render: ({ status, error }) => (
                <span title={error?.message}>
                  <StateWord state={runState(status)} />
                </span>
              ),
            },
            {
              id: 'data',
              header: earlier.data,
              render: ({ dataset, snapshot_id: snapshot, target }) => (
                <>
                  <AppLink to={paths.snapshot({ project, dataset, snapshot })}>{dataset}</AppLink>
                  {target !== undefined && ` → ${target}`}
                </>
              ),
            },
            {
              id: 'estimator',
              header: earlier.estimator,
              render: ({ estimator }) => (estimator === undefined ? '–' : estimatorName(texts, estimator)),
            },
            { id: 'metrics', header: earlier.metrics, render: (training) => <ShortMetrics training={training} /> },
            { id: 'model', header: earlier.model, render: (training) => <TrainedVersion training={training} /> },
            { id: 'started', header: earlier.started, render: ({ started_at }) => <Moment at={started_at} /> },
          ]}
        />
      )}
      {query.hasNextPage && (
        <div>
          <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {earlier.more}
          </Button>
        </div>
      )}
    </section>
  )
}
