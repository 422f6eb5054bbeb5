import { Button, Menu } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { Icon } from '../icon.jsx'
import { FailurePanel } from '../problem-panel.jsx'
import { type Cell, toCsv } from './csv.js'

export interface ExportTable {
  readonly header: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
  /** What the JSON export holds: the things themselves. */
  readonly items: readonly unknown[]
}

interface ExportMenuProps {
  readonly fileName: string
  readonly note: string
  /** Fetches everything, however much of it the page shows. */
  readonly load: () => Promise<ExportTable>
}

type ExportKind = 'csv' | 'csvFrench' | 'json'

function save(fileName: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }))
  const anchor = document.createElement('a')
  anchor.href = address
  anchor.download = fileName
  anchor.click()
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}

/** Saves a whole table as a file: two kinds of CSV, or JSON. */
export function ExportMenu({ fileName, note, load }: ExportMenuProps) {
  const { t } = useI18n()
  const run = useMutation({
    mutationFn: async (kind: ExportKind) => {
      const { header, rows, items } = await load()
      if (kind === 'json') save(`${fileName}.json`, 'application/json', `${JSON.stringify(items, null, 2)}\n`)
      else save(`${fileName}.csv`, 'text/csv;charset=utf-8', toCsv(header, rows, kind === 'csv' ? 'neutral' : 'french'))
    },
  })
  return (
    <div className="stack-tight">
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" leftSection={<Icon name="download" size={14} />} loading={run.isPending}>
            {t.runs.export}
          </Button>
        </Menu.Target>
        <Menu.Dropdown aria-label={t.runs.export}>
          {(['csv', 'csvFrench', 'json'] as const).map((kind) => (
            <Menu.Item key={kind} onClick={() => run.mutate(kind)}>
              {t.runs[kind]}
            </Menu.Item>
          ))}
          <p className="menu-note">{note}</p>
        </Menu.Dropdown>
      </Menu>
      {run.error !== null && <FailurePanel error={run.error} />}
    </div>
  )
}
