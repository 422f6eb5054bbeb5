import { useState } from 'react'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { DataTable, type TableColumn } from '../data-table.jsx'
import { useReportTexts } from './use-report-texts.js'

const rowsMax = 500

interface ReportTableProps<Row> {
  /** Of the drawing that these are the values of. */
  readonly title: string
  readonly rows: readonly Row[]
  readonly columns: readonly TableColumn<Row & { readonly key: string }>[]
}

/** The values of a drawing as a table, made when it is opened. */
export function ReportTable<Row extends object>({ title, rows, columns }: ReportTableProps<Row>) {
  const { t, f } = useI18n()
  const texts = useReportTexts()
  const [isOpen, setOpen] = useState(false)
  return (
    <details className="report-table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{texts.asTable}</summary>
      {isOpen && (
        <div className="report-table-body">
          {rows.length > rowsMax && (
            <p className="small muted">{t.common.showingOf(f.integer(rowsMax), f.integer(rows.length))}</p>
          )}
          <DataTable
            label={texts.rowsOf(title)}
            rows={rows.slice(0, rowsMax).map((row, index) => ({ ...row, key: String(index) }))}
            rowKey={({ key }) => key}
            columns={columns}
          />
        </div>
      )}
    </details>
  )
}
