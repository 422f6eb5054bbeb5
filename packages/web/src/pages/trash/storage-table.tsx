import type { Experiment, ExperimentStorage } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { useQueries, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { Load } from '../../components/load.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { trashQueries } from './trash-queries.js'

const pageSize = 20

/** What each experiment occupies, those of the last use first. */
export function StorageTable() {
  const { t } = useI18n()
  const query = useQuery(queries.experiments())
  return (
    <Load query={query} lines={6}>
      {({ items }) =>
        items.length === 0 ? <p className="muted">{t.trash.noExperiments}</p> : <Measured experiments={items} />
      }
    </Load>
  )
}

function Measured({ experiments }: { readonly experiments: readonly Experiment[] }) {
  const { t, f } = useI18n()
  const [limit, setLimit] = useState(pageSize)
  const shown = experiments.slice(0, limit)
  const answers = useQueries({ queries: shown.map(({ id }) => trashQueries.experimentStorage(id)) })
  const known = new Map(
    answers.flatMap(({ data }) => (data === undefined ? [] : [[data.experiment_id, data] as const])),
  )
  const total = (pick: (storage: ExperimentStorage) => number) =>
    [...known.values()].reduce((sum, storage) => sum + pick(storage), 0)
  const figure = (pick: (storage: ExperimentStorage) => number, show: (value: number) => string) =>
    function Figure({ id }: Experiment) {
      const storage = known.get(id)
      return storage === undefined ? '…' : show(pick(storage))
    }
  return (
    <div className="stack">
      <p>
        {t.trash.storageTotal({
          shown: f.integer(known.size),
          bytes: f.bytes(total((storage) => storage.artifact_bytes)),
          deleted: f.bytes(total((storage) => storage.deleted_artifact_bytes)),
          points: f.integer(total((storage) => storage.metric_points)),
        })}
      </p>
      <DataTable
        label={t.trash.tabs.storage}
        rows={shown}
        rowKey={({ id }) => id}
        columns={[
          {
            id: 'name',
            header: t.trash.experiment,
            isWide: true,
            render: ({ name, is_deleted }) =>
              is_deleted ? (
                <span className="muted">{`${name} (${t.trash.inTrash.toLowerCase()})`}</span>
              ) : (
                <AppLink to={paths.runs({ project: name })}>{name}</AppLink>
              ),
          },
          { id: 'runs', header: t.runs.title, isNumber: true, render: figure((each) => each.run_count, f.integer) },
          {
            id: 'deletedRuns',
            header: t.trash.deletedRuns,
            isNumber: true,
            render: figure((each) => each.deleted_run_count, f.integer),
          },
          {
            id: 'points',
            header: t.trash.metricPoints,
            isNumber: true,
            render: figure((each) => each.metric_points, f.integer),
          },
          {
            id: 'artifacts',
            header: t.run.tabs.artifacts,
            isNumber: true,
            render: figure((each) => each.artifact_count, f.integer),
          },
          { id: 'size', header: t.trash.size, isNumber: true, render: figure((each) => each.artifact_bytes, f.bytes) },
          {
            id: 'deletedSize',
            header: t.trash.inTrash,
            isNumber: true,
            render: figure((each) => each.deleted_artifact_bytes, f.bytes),
          },
        ]}
      />
      {limit < experiments.length && (
        <div className="row">
          <Button variant="default" onClick={() => setLimit(limit + pageSize)}>
            {t.common.loadMore}
          </Button>
          <span className="small muted">
            {t.common.showingOf(f.integer(shown.length), f.integer(experiments.length))}
          </span>
        </div>
      )}
    </div>
  )
}
