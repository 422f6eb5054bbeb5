import type { Run } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { type ReactNode, useMemo } from 'react'
import { runState } from '../../components/state-word.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { type RunsSearch, readSort, writeSort } from '../../routing/search.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import { ColumnPicker } from './column-picker.jsx'
import { defaultColumnIds, generalColumns, metricColumns, paramColumns } from './run-columns.js'
import { RunTable } from './run-table.jsx'
import { useColumnChoice } from './use-column-choice.js'

interface RunsViewProps {
  readonly project: string
  readonly runs: readonly Run[]
  readonly search: RunsSearch
  readonly filter: ReactNode
}

/** The table with its filter and its columns; all of it in the address. */
export function RunsView({ project, runs, search, filter }: RunsViewProps) {
  const { t, f } = useI18n()
  const changeSearch = useSearchChange()
  const columns = useMemo(() => [...generalColumns(t), ...paramColumns(runs), ...metricColumns(runs)], [runs, t])
  const defaults = useMemo(() => defaultColumnIds(columns, runs), [columns, runs])
  const { shown, unknown, choose } = useColumnChoice(project, search, columns, defaults)
  const wanted = (search.filter ?? '').trim().toLowerCase()
  const matching = useMemo(
    () =>
      runs.filter((run) =>
        [run.name, run.id, run.user, t.states[runState(run.status)]].some((text) =>
          text.toLowerCase().includes(wanted),
        ),
      ),
    [runs, wanted, t],
  )
  return (
    <div className="stack">
      <div className="runs-bar">
        <div className="row">
          {filter}
          {wanted !== '' && (
            <span className="muted" role="status">
              {t.common.showingOf(f.integer(matching.length), f.integer(runs.length))}
            </span>
          )}
        </div>
        <ColumnPicker columns={columns} shown={shown} onChoose={choose} />
      </div>
      {unknown.length > 0 && (
        <p className="muted" role="status">
          {t.runs.unknownColumn(unknown.join(', '))}
        </p>
      )}
      {matching.length === 0 ? (
        <div className="row">
          <p>{t.runs.noMatch}</p>
          <Button variant="default" onClick={() => changeSearch({ ...search, filter: undefined })}>
            {t.runs.clearFilter}
          </Button>
        </div>
      ) : (
        <RunTable
          project={project}
          runs={matching}
          columns={shown}
          sort={readSort(search.sort) ?? { id: 'started', desc: true }}
          onSort={(sort) => changeSearch({ ...search, sort: writeSort(sort) })}
        />
      )}
    </div>
  )
}
