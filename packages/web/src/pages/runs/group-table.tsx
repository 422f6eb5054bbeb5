import type { RunGroup } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { DataTable, type TableColumn } from '../../components/data-table.jsx'
import { Load } from '../../components/load.jsx'
import { runState, StateWord } from '../../components/state-word.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import type { RunColumn } from './run-columns.js'
import { type RunGrouping, runsQueries } from './runs-queries.js'

interface GroupTableProps {
  readonly request: RunGrouping
  readonly by: readonly RunColumn[]
  readonly metrics: readonly string[]
  /** Shows the runs of a group. */
  readonly onOpen: (group: RunGroup) => void
}

const states = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const

/** The runs in groups: how many, and mean and spread of each metric. */
export function GroupTable({ request, by, metrics, onOpen }: GroupTableProps) {
  const { t, f } = useI18n()
  const query = useQuery(runsQueries.groupRuns(request))
  const groupValue = (group: RunGroup, index: number) => {
    const value = group.values[index]
    if (value === null || value === undefined) return <span className="muted">{t.runs.noValue}</span>
    const state = by[index]?.id === 'status' ? states.find((each) => each === value) : undefined
    return state === undefined ? value : <StateWord state={runState(state)} />
  }
  const columns: readonly TableColumn<RunGroup>[] = [
    ...by.map((column, index) => ({
      id: column.id,
      header: column.label,
      render: (group: RunGroup) => groupValue(group, index),
    })),
    { id: 'runs', header: t.runs.title, isNumber: true, render: ({ run_count }) => f.integer(run_count) },
    ...metrics.map((metric) => ({
      id: `metrics.${metric}`,
      header: t.runs.meanAndSpread(metric),
      isNumber: true,
      render: ({ metrics: figures }: RunGroup) => {
        const figure = figures[metric]
        if (figure === undefined) return <span className="muted">–</span>
        const { mean, std, count, min, max } = figure
        return (
          <span title={t.runs.spreadOf({ count, min: f.exact(min), max: f.exact(max) })}>
            {std === undefined ? f.metric(mean) : `${f.metric(mean)} ± ${f.metric(std)}`}
          </span>
        )
      },
    })),
    {
      id: 'open',
      header: t.runs.showGroup,
      hidesHeader: true,
      render: (group) => (
        <Button variant="subtle" onClick={() => onOpen(group)}>
          {t.runs.showGroup}
        </Button>
      ),
    },
  ]
  return (
    <Load query={query} lines={8}>
      {({ items, is_complete }) => (
        <div className="stack-tight">
          <p className="muted" role="status">
            {t.runs.groups(items.length)}
            {!is_complete && `. ${t.runs.groupsIncomplete}`}
          </p>
          <DataTable
            label={t.runs.groupBy}
            columns={columns}
            rows={items}
            rowKey={({ values }) => JSON.stringify(values)}
          />
        </div>
      )}
    </Load>
  )
}
