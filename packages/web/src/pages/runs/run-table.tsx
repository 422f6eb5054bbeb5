import type { Run } from '@fabrique/contract'
import { useNavigate } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, memo, useEffect, useRef, useState } from 'react'
import { usePreferences } from '../../app/preferences.js'
import { Icon } from '../../components/icon.jsx'
import { ScrollRegion } from '../../components/scroll-region.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { RunCell } from './run-cell.jsx'
import { type RunColumn, runLabel } from './run-columns.js'
import '../../components/data-table.css'
import './run-table.css'

export interface Sort {
  readonly id: string
  readonly desc: boolean
}

interface RunTableProps {
  /** The loaded runs, from the first on. */
  readonly runs: readonly Run[]
  /** Names what is shown: another filter or order starts at the top. */
  readonly scrollKey: string
  /** All that match; the rest is loaded as it comes into sight. */
  readonly total: number
  readonly columns: readonly RunColumn[]
  readonly sort: Sort | undefined
  readonly onSort: (sort: Sort) => void
  readonly selected: ReadonlySet<string>
  readonly onToggle: (id: string) => void
  readonly onSelect: (ids: Iterable<string>) => void
  readonly onNearEnd: () => void
  readonly onFilterKey: () => void
}

const rowHeightPx = { compact: 32, comfortable: 40 } as const
const loadAheadRows = 50

/** The runs; only the rows in sight are in the document, however many there are. */
export function RunTable(props: RunTableProps) {
  const { runs, scrollKey, total, columns, sort, onSort, selected, onToggle, onSelect, onNearEnd, onFilterKey } = props
  const { t } = useI18n()
  const navigate = useNavigate()
  const { density } = usePreferences()
  const scroll = useRef<HTMLElement>(null)
  const [active, setActive] = useState(0)
  const [wantsFocus, setWantsFocus] = useState(false)
  const count = Math.max(total, runs.length)
  const virtualizer = useVirtualizer({
    count,
    getScrollElement: () => scroll.current,
    estimateSize: () => rowHeightPx[density] + 1,
    overscan: 12,
    getItemKey: (index) => runs[index]?.id ?? index,
  })
  const seen = virtualizer.getVirtualItems()
  const above = seen[0]?.start ?? 0
  const below = virtualizer.getTotalSize() - (seen.at(-1)?.end ?? 0)
  const lastSeen = seen.at(-1)?.index ?? 0
  const needsMore = runs.length < count && lastSeen + loadAheadRows >= runs.length
  useEffect(() => {
    if (needsMore) onNearEnd()
  }, [needsMore, onNearEnd])

  // After each drawing, as the row may have come with it.
  useEffect(() => {
    if (!wantsFocus) return
    const row = scroll.current?.querySelector<HTMLElement>(`tr[data-index="${active}"]`)
    if (row === null || row === undefined) return
    row.focus({ preventScroll: true })
    setWantsFocus(false)
  })

  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says when
  useEffect(() => {
    scroll.current?.scrollTo({ top: 0 })
    setActive(0)
  }, [scrollKey])

  const moveTo = (index: number) => {
    const next = Math.min(Math.max(index, 0), runs.length - 1)
    setActive(next)
    virtualizer.scrollToIndex(next)
    setWantsFocus(true)
  }
  const onKey = (event: KeyboardEvent<HTMLElement>) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === '/' || event.key === 'f') {
      event.preventDefault()
      onFilterKey()
      return
    }
    const onRow = event.target instanceof HTMLTableRowElement
    const by = { j: 1, k: -1, ...(onRow ? { ArrowDown: 1, ArrowUp: -1 } : {}) }[event.key]
    const end = onRow ? { Home: 0, End: runs.length - 1 }[event.key] : undefined
    if (by !== undefined || end !== undefined) {
      event.preventDefault()
      moveTo(end ?? (onRow ? active + (by ?? 0) : active))
      return
    }
    const run = runs[active]
    if (!onRow || run === undefined) return
    if (event.key === 'x' || event.key === ' ') {
      event.preventDefault()
      onToggle(run.id)
    }
    if (event.key === 'Enter')
      void navigate({ to: paths.run({ project: run.experiment, run: run.id }) as string } as { to: '/' })
  }

  const allSelected = runs.length > 0 && runs.every(({ id }) => selected.has(id))
  return (
    <ScrollRegion
      label={t.common.tableRegion(t.runs.title)}
      className="table-region runs-region"
      ref={scroll}
      onKeyDown={onKey}
    >
      <table className="table runs-table" aria-rowcount={count + 1}>
        <caption className="visually-hidden">{`${t.runs.title}. ${t.runs.keys}`}</caption>
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col" className="select-cell">
              <span className="visually-hidden">{t.runs.select}</span>
              <label className="select-target">
                <input
                  type="checkbox"
                  aria-label={t.runs.selectLoaded}
                  checked={allSelected}
                  onChange={() => onSelect(allSelected ? [] : runs.map(({ id }) => id))}
                />
              </label>
            </th>
            {columns.map((column) => (
              <HeaderCell key={column.id} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {above > 0 && <Gap height={above} span={columns.length + 1} />}
          {seen.map((item) => {
            const run = runs[item.index]
            return (
              <RunRow
                key={item.key}
                index={item.index}
                run={run}
                columns={columns}
                isActive={item.index === active}
                isSelected={run !== undefined && selected.has(run.id)}
                measure={virtualizer.measureElement}
                onActive={setActive}
                onToggle={onToggle}
              />
            )
          })}
          {below > 0 && <Gap height={below} span={columns.length + 1} />}
        </tbody>
      </table>
    </ScrollRegion>
  )
}

interface RunRowProps {
  readonly index: number
  /** Undefined until it is loaded. */
  readonly run: Run | undefined
  readonly columns: readonly RunColumn[]
  readonly isActive: boolean
  readonly isSelected: boolean
  readonly measure: (row: HTMLTableRowElement | null) => void
  readonly onActive: (index: number) => void
  readonly onToggle: (id: string) => void
}

/** One row; kept as it is while the table scrolls around it. */
const RunRow = memo(function RunRow(props: RunRowProps) {
  const { index, run, columns, isActive, isSelected, measure, onActive, onToggle } = props
  const { t } = useI18n()
  return (
    <tr
      data-index={index}
      aria-rowindex={index + 2}
      ref={measure}
      tabIndex={isActive ? 0 : -1}
      data-selected={isSelected || undefined}
      onFocus={(event) => {
        if (event.target === event.currentTarget) onActive(index)
      }}
    >
      {run === undefined ? (
        <td className="row-waiting" colSpan={columns.length + 1} data-label="">
          <span className="visually-hidden">{t.common.loading}</span>
        </td>
      ) : (
        <>
          <td className="select-cell" data-label={t.runs.select}>
            <label className="select-target">
              <input
                type="checkbox"
                aria-label={t.runs.selectRun(runLabel(run))}
                checked={isSelected}
                onChange={() => onToggle(run.id)}
              />
            </label>
          </td>
          {columns.map((column) => (
            <td key={column.id} data-label={column.label} data-number={column.isNumber || undefined}>
              <RunCell run={run} column={column} />
            </td>
          ))}
        </>
      )}
    </tr>
  )
})

interface HeaderCellProps {
  readonly column: RunColumn
  readonly sort: Sort | undefined
  readonly onSort: (sort: Sort) => void
}

function HeaderCell({ column, sort, onSort }: HeaderCellProps) {
  const { t } = useI18n()
  if (column.expression === undefined)
    return (
      <th scope="col" data-number={column.isNumber || undefined}>
        {column.label}
      </th>
    )
  const isSorted = sort?.id === column.id
  const desc = isSorted ? !sort.desc : column.isNumber || column.id === 'started'
  return (
    <th
      scope="col"
      data-number={column.isNumber || undefined}
      aria-sort={isSorted ? (sort.desc ? 'descending' : 'ascending') : 'none'}
    >
      <button
        type="button"
        className="sort-button"
        onClick={() => onSort({ id: column.id, desc })}
        title={t.common.sortBy(column.label)}
      >
        <span className="sort-label">{column.label}</span>
        <Icon name={isSorted ? (sort.desc ? 'down' : 'up') : 'sort'} size={12} />
      </button>
    </th>
  )
}

/** Stands for the rows out of sight. */
function Gap({ height, span }: { readonly height: number; readonly span: number }) {
  return (
    <tr className="runs-gap">
      <td colSpan={span} style={{ height }} />
    </tr>
  )
}
