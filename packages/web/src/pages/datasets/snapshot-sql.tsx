import type { Json, QueryResult, Snapshot } from '@fabrique/contract'
import { Button, Textarea } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { DataTable } from '../../components/data-table.jsx'
import { Load } from '../../components/load.jsx'
import { Snippet } from '../../components/snippet.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { useSearchChange } from '../../routing/use-search-change.js'
import { datasetQueries } from './dataset-queries.js'
import { showValue } from './show-value.js'

const shownMax = 1000

/** One select over a snapshot. The address keeps it: a link shows the answer; leaving the page ends it on the server. */
export function SnapshotSql({ snapshot, sql }: { readonly snapshot: Snapshot; readonly sql: string | undefined }) {
  const { t } = useI18n()
  const changeSearch = useSearchChange()
  const [text, setText] = useState(sql ?? 'select * from data limit 100')
  const answer = useQuery(datasetQueries.snapshotQuery(snapshot.id, sql ?? '', shownMax))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (text === sql) void answer.refetch()
    else changeSearch({ tab: 'sql', sql: text }, 'push')
  }
  return (
    <div className="stack">
      <form onSubmit={submit} className="stack-tight">
        <Textarea
          label={t.snapshot.sqlLabel}
          description={t.snapshot.sqlHelp}
          autosize
          minRows={3}
          maxRows={16}
          spellCheck={false}
          value={text}
          styles={{ input: { fontFamily: 'var(--font-mono)' } }}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit(event)
          }}
        />
        <div className="row">
          <Button type="submit" loading={answer.isFetching}>
            {t.snapshot.runSql}
          </Button>
        </div>
      </form>
      {sql !== undefined && (
        <Load query={answer} lines={6}>
          {(result) => <Answer result={result} />}
        </Load>
      )}
      <Snippet title={t.common.fromCli} code={`fabrique data query ${snapshot.id} "${text.replaceAll('"', '\\"')}"`} />
    </div>
  )
}

function Answer({ result }: { readonly result: QueryResult }) {
  const { t, f } = useI18n()
  const rows = result.rows.map((cells, index) => ({ cells, key: String(index) }))
  return (
    <div className="stack-tight">
      <p className="muted">
        {result.is_complete ? t.common.rows(rows.length) : t.snapshot.firstRows(f.integer(rows.length))} ·{' '}
        {f.duration(result.elapsed_ms)}
      </p>
      <DataTable<{ readonly cells: readonly Json[]; readonly key: string }>
        label={t.snapshot.answer}
        rows={rows}
        rowKey={({ key }) => key}
        columns={result.columns.map(({ name, type }, index) => ({
          id: `${index}`,
          header: name,
          isNumber: /INT|DOUBLE|FLOAT|DECIMAL/.test(type),
          render: ({ cells }) => {
            const value = cells[index]
            return value === null || value === undefined ? <span className="muted">–</span> : showValue(value, f)
          },
        }))}
      />
    </div>
  )
}
