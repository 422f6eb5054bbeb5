import type { Run } from '@fabrique/contract'
import {
  createColumnHelper,
  createSortedRowModel,
  rowSortingFeature,
  tableFeatures,
  useTable,
} from '@tanstack/react-table'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useMemo, useRef } from 'react'
import { Icon } from '../../components/icon.jsx'
import { ScrollRegion } from '../../components/scroll-region.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { RunCell } from './run-cell.jsx'
import { compareValues, type RunColumn } from './run-columns.js'
import '../../components/data-table.css'
import './run-table.css'

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() })
const helper = createColumnHelper<typeof features, Run>()

export interface Sort {
  readonly id: string
  readonly desc: boolean
}

interface RunTableProps {
  readonly project: string
  readonly runs: readonly Run[]
  readonly columns: readonly RunColumn[]
  readonly sort: Sort
  readonly onSort: (sort: Sort) => void
}

const rowHeightPx = { compact: 32, comfortable: 40 } as const

/** The runs; only the rows in sight are in the document, however many there are. */
export function RunTable({ project, runs, columns, sort, onSort }: RunTableProps) {
  const { t } = useI18n()
  const scroll = useRef<HTMLElement>(null)
  const data = useMemo(() => [...runs], [runs])
  const definitions = useMemo(
    () =>
      columns.map((column) =>
        helper.accessor((run): unknown => column.value(run), {
          id: column.id,
          sortUndefined: 'last',
          sortFn: (first, second, id) =>
            compareValues(first.getValue<string | number>(id), second.getValue<string | number>(id)),
        }),
      ),
    [columns],
  )
  const table = useTable({
    features,
    columns: definitions,
    data,
    state: { sorting: [{ ...sort }] },
    getRowId: (run) => run.id,
  })
  const rows = table.getRowModel().rows
  const density = document.documentElement.getAttribute('data-density') === 'comfortable' ? 'comfortable' : 'compact'
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => rowHeightPx[density] + 1,
    overscan: 12,
    getItemKey: (index) => rows[index]?.id ?? index,
  })
  const seen = virtualizer.getVirtualItems()
  const above = seen[0]?.start ?? 0
  const below = virtualizer.getTotalSize() - (seen.at(-1)?.end ?? 0)
  const toggle = ({ id, isNumber }: RunColumn) =>
    onSort(sort.id === id ? { id, desc: !sort.desc } : { id, desc: isNumber || id === 'started' })
  return (
    <ScrollRegion label={t.common.tableRegion(t.runs.title)} className="table-region runs-region" ref={scroll}>
      <table className="table runs-table" aria-rowcount={rows.length + 1}>
        <caption className="visually-hidden">{t.runs.title}</caption>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <th
                key={column.id}
                scope="col"
                data-number={column.isNumber || undefined}
                aria-sort={sort.id === column.id ? (sort.desc ? 'descending' : 'ascending') : 'none'}
              >
                <button
                  type="button"
                  className="sort-button"
                  onClick={() => toggle(column)}
                  title={t.common.sortBy(column.label)}
                >
                  <span>{column.label}</span>
                  <Icon name={sort.id === column.id ? (sort.desc ? 'down' : 'up') : 'sort'} size={12} />
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {above > 0 && <Gap height={above} span={columns.length} />}
          {seen.map((item) => {
            const row = rows[item.index]
            return row === undefined ? null : (
              <tr
                key={item.key}
                data-index={item.index}
                aria-rowindex={item.index + 2}
                ref={virtualizer.measureElement}
              >
                {columns.map((column) => (
                  <td key={column.id} data-label={column.label} data-number={column.isNumber || undefined}>
                    <RunCell project={project} run={row.original} column={column} />
                  </td>
                ))}
              </tr>
            )
          })}
          {below > 0 && <Gap height={below} span={columns.length} />}
        </tbody>
      </table>
    </ScrollRegion>
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
