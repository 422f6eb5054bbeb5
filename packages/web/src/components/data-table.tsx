import type { ReactNode } from 'react'
import { useI18n } from '../i18n/use-i18n.jsx'
import { ScrollRegion } from './scroll-region.jsx'
import './data-table.css'

export interface TableColumn<Row> {
  readonly id: string
  readonly header: string
  readonly isNumber?: boolean
  readonly isWide?: boolean
  /** As narrow as its content, as for a check box. */
  readonly isNarrow?: boolean
  /** The header is for screen readers only, as what stands below says the same. */
  readonly hidesHeader?: boolean
  readonly render: (row: Row) => ReactNode
}

interface DataTableProps<Row> {
  /** Names the table for screen readers. */
  readonly label: string
  readonly columns: readonly TableColumn<Row>[]
  readonly rows: readonly Row[]
  readonly rowKey: (row: Row) => string
  /** Rows that need attention. */
  readonly isMarked?: (row: Row) => boolean
  /** The row that something else on the page is about. */
  readonly isChosen?: (row: Row) => boolean
}

/** A small table; on a narrow screen each row becomes a card of names and values. */
export function DataTable<Row>({ label, columns, rows, rowKey, isMarked, isChosen }: DataTableProps<Row>) {
  const { t } = useI18n()
  return (
    <ScrollRegion label={t.common.tableRegion(label)} className="table-region">
      <table className="table">
        <caption className="visually-hidden">{label}</caption>
        <thead>
          <tr>
            {columns.map(({ id, header, isNumber, isNarrow, hidesHeader }) => (
              <th key={id} scope="col" data-number={isNumber || undefined} data-narrow={isNarrow || undefined}>
                {hidesHeader ? <span className="visually-hidden">{header}</span> : header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)} data-marked={isMarked?.(row) || undefined} data-chosen={isChosen?.(row) || undefined}>
              {columns.map(({ id, header, isNumber, isWide, hidesHeader, render }) => (
                <td
                  key={id}
                  data-label={hidesHeader ? '' : header}
                  data-number={isNumber || undefined}
                  data-wide={isWide || undefined}
                >
                  {render(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  )
}
