import type { Run } from '@fabrique/contract'
import { Button, NativeSelect } from '@mantine/core'
import { lazy, Suspense, useEffect, useMemo } from 'react'
import { DataTable } from '../../components/data-table.jsx'
import { ScrollRegion } from '../../components/scroll-region.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import type { RunsSearch } from '../../routing/search.js'
import { type Brush, readBrushes, readList, writeBrushes, writeList } from '../../routing/search-lists.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import { AxisRanges } from './axis-ranges.jsx'
import { changeBrush, defaultAxes, insideBrushes, moveAxis, parallelAxis, varyingColumns } from './parallel-model.js'
import { RunCell } from './run-cell.jsx'
import { generalColumn } from './run-columns.js'
import './parallel-view.css'

const ParallelPlot = lazy(async () => ({ default: (await import('./parallel-plot.jsx')).ParallelPlot }))

interface ParallelViewProps {
  readonly runs: readonly Run[]
  readonly total: number
  readonly search: RunsSearch
  readonly onMore: () => void
}

const drawnRunsMax = 1000
const listedRunsMax = 100
const plotHeightPx = 360

/** The runs over parallel axes of what varies; ranges on the axes choose the runs of the table below. */
export function ParallelView({ runs, total, search, onMore }: ParallelViewProps) {
  const { t, f } = useI18n()
  const changeSearch = useSearchChange()
  const needsMore = runs.length < Math.min(total, drawnRunsMax)
  // biome-ignore lint/correctness/useExhaustiveDependencies: after each page the next one
  useEffect(() => {
    if (needsMore) onMore()
  }, [needsMore, onMore, runs.length])

  const drawn = useMemo(() => runs.slice(0, drawnRunsMax), [runs])
  const columns = useMemo(() => varyingColumns(drawn, t), [drawn, t])
  const ids = useMemo(() => {
    const wanted = search.axes === undefined ? defaultAxes(columns) : readList(search.axes)
    return wanted.filter((id) => columns.some((column) => column.id === id))
  }, [search.axes, columns])
  const logs = search.logs ?? ''
  const axes = useMemo(() => {
    const logIds = readList(logs)
    const texts = { missing: t.runs.noValue, others: t.runs.otherCategories }
    return ids.flatMap((id) => {
      const column = columns.find((each) => each.id === id)
      return column === undefined ? [] : [parallelAxis(drawn, column, logIds.includes(id), texts)]
    })
  }, [ids, columns, drawn, logs, t])
  const brushes = useMemo(() => readBrushes(search.brush), [search.brush])
  const inside = useMemo(() => insideBrushes(axes, brushes, drawn.length), [axes, brushes, drawn.length])
  const colorAxis = axes.filter(({ id, categories }) => id.startsWith('metrics.') && categories === undefined).at(-1)

  if (drawn.length < 2 || columns.length === 0) return <p>{t.runs.parallelNeeds}</p>
  const onBrush = (brush: Brush) => {
    const next = writeBrushes(changeBrush(brushes, brush))
    changeSearch({ ...search, brush: next === '' ? undefined : next })
  }
  const chooseAxes = (next: readonly string[]) => changeSearch({ ...search, axes: writeList(next) })
  const toggleLog = (id: string, isLog: boolean) => {
    const others = readList(logs).filter((other) => other !== id)
    changeSearch({ ...search, logs: writeList(isLog ? [...others, id] : others) })
  }
  const free = columns.filter(({ id }) => !ids.includes(id))
  const rows = inside.slice(0, listedRunsMax).flatMap((index) => drawn[index] ?? [])
  const shownColumns = [
    generalColumn('name', t),
    generalColumn('status', t),
    ...ids.flatMap((id) => columns.find((column) => column.id === id) ?? []),
  ]
  return (
    <div className="stack">
      {drawn.length < total && (
        <p className="small muted" role="status">
          {t.common.showingOf(f.integer(drawn.length), f.integer(total))}
        </p>
      )}
      <figure className="stack-tight">
        <ScrollRegion label={t.runs.views.parallel} className="parallel-region">
          <Suspense fallback={<div style={{ height: plotHeightPx }} />}>
            <ParallelPlot axes={axes} count={drawn.length} colorAxis={colorAxis} brushes={brushes} onBrush={onBrush} />
          </Suspense>
        </ScrollRegion>
        <figcaption className="small muted">
          {t.runs.parallelSummary({ runs: f.integer(drawn.length), axes: axes.map(({ label }) => label).join(', ') })}
          {colorAxis !== undefined &&
            `. ${t.runs.lightToDark(colorAxis.label, f.metric(colorAxis.min), f.metric(colorAxis.max))}`}
        </figcaption>
      </figure>
      <section className="stack-tight" aria-label={t.runs.ranges}>
        <div className="spread">
          <h2>{t.runs.ranges}</h2>
          <div className="row">
            {free.length > 0 && (
              <NativeSelect
                aria-label={t.runs.axes}
                value=""
                data={[{ value: '', label: t.runs.axes }, ...free.map(({ id, label }) => ({ value: id, label }))]}
                onChange={(event) => {
                  if (event.currentTarget.value !== '') chooseAxes([...ids, event.currentTarget.value])
                }}
              />
            )}
            <Button
              variant="default"
              disabled={brushes.length === 0}
              onClick={() => changeSearch({ ...search, brush: undefined })}
            >
              {t.runs.clearRanges}
            </Button>
          </div>
        </div>
        <AxisRanges
          axes={axes}
          brushes={brushes}
          onBrush={onBrush}
          onLog={toggleLog}
          onMove={(id, by) => chooseAxes(moveAxis(ids, id, by))}
          onRemove={(id) => chooseAxes(ids.filter((other) => other !== id))}
        />
      </section>
      <section className="stack-tight parallel-runs">
        <p role="status">{t.runs.insideRanges(f.integer(inside.length), f.integer(drawn.length))}</p>
        {inside.length > listedRunsMax && (
          <p className="small muted">{t.common.showingOf(f.integer(listedRunsMax), f.integer(inside.length))}</p>
        )}
        <DataTable
          label={t.runs.title}
          rows={rows}
          rowKey={({ id }) => id}
          columns={shownColumns.map((column) => ({
            id: column.id,
            header: column.label,
            isNumber: column.isNumber,
            render: (run: Run) => <RunCell run={run} column={column} />,
          }))}
        />
      </section>
    </div>
  )
}
