import type { Json, Snapshot, SnapshotDiff } from '@fabrique/contract'
import { NativeSelect } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { FactRow } from '../../components/facts.jsx'
import { Load } from '../../components/load.jsx'
import { Page } from '../../components/page.jsx'
import { Snippet } from '../../components/snippet.jsx'
import { Tabs } from '../../components/tabs.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { diffTabs } from '../../routing/search.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import { datasetQueries } from './dataset-queries.js'
import { Densities } from './histogram.jsx'
import { SchemaChanges } from './schema-changes.jsx'
import { showValue } from './show-value.js'
import './dataset-page.css'

const route = getRouteApi(patterns.snapshotDiff)
/** A smaller score is not told from another. */
const scoreMin = 0.001

/** What differs between two snapshots: columns, rows by key, and distributions. */
export function DiffPage() {
  const { t } = useI18n()
  const { project, dataset, snapshot: id } = route.useParams()
  const { base } = route.useSearch()
  const snapshots = useQuery(queries.snapshots(project, dataset))
  return (
    <Page
      title={t.diff.title(dataset)}
      crumbs={[
        { label: project },
        { label: t.datasets.title, to: paths.datasets({ project }) },
        { label: dataset, to: paths.dataset({ project, dataset }) },
      ]}
    >
      <Load query={snapshots} lines={4}>
        {({ items }) => <Choice snapshots={items} head={id} base={base} />}
      </Load>
      {base === undefined ? (
        <EmptyState title={t.diff.chooseBase} text={t.diff.chooseBaseText} />
      ) : (
        <Difference head={id} base={base} />
      )}
      {base !== undefined && <Snippet title={t.common.fromCli} code={`fabrique data diff ${base} ${id}`} />}
    </Page>
  )
}

function Choice({
  snapshots,
  head,
  base,
}: {
  readonly snapshots: readonly Snapshot[]
  readonly head: string
  readonly base: string | undefined
}) {
  const { t, f } = useI18n()
  const { project, dataset } = route.useParams()
  const search = route.useSearch()
  const changeSearch = useSearchChange()
  const name = ({ id, created_at, tags }: Snapshot) => [f.moment(created_at), ...tags, id.slice(-6)].join(' · ')
  const found = snapshots.find(({ id }) => id === head)
  return (
    <div className="profile-controls">
      <NativeSelect
        label={t.diff.base}
        value={base ?? ''}
        data={[
          ...(base === undefined ? [{ value: '', label: '–' }] : []),
          ...snapshots.filter(({ id }) => id !== head).map((one) => ({ value: one.id, label: name(one) })),
        ]}
        onChange={(event) => changeSearch({ ...search, base: event.currentTarget.value })}
      />
      <p>
        <span className="muted">{t.diff.head}</span>{' '}
        <AppLink to={paths.snapshot({ project, dataset, snapshot: head })}>
          {found === undefined ? head : name(found)}
        </AppLink>
      </p>
      {base !== undefined && (
        <AppLink to={paths.snapshotDiff({ project, dataset, snapshot: base })} search={{ ...search, base: head }}>
          {t.diff.swap}
        </AppLink>
      )}
    </div>
  )
}

function Difference({ head, base }: { readonly head: string; readonly base: string }) {
  const { t, f } = useI18n()
  const query = useQuery(datasetQueries.snapshotDiff(head, base))
  const { project, dataset } = route.useParams()
  const search = route.useSearch()
  const tab = search.tab ?? 'rows'
  return (
    <Load query={query} lines={10}>
      {(diff) => {
        const { rows } = diff
        const count = (rows: number, tone: 'ok' | 'failure' | 'warning', sign = '') =>
          rows === 0 ? '0' : <span className={`tone-${tone}`}>{`${sign}${f.integer(rows)}`}</span>
        return (
          <>
            <FactRow
              facts={[
                { name: t.diff.added, value: count(rows.added, 'ok', '+') },
                { name: t.diff.removed, value: count(rows.removed, 'failure', '−') },
                ...(diff.key.length === 0 ? [] : [{ name: t.diff.changed, value: count(rows.changed, 'warning') }]),
                { name: t.diff.unchanged, value: f.integer(rows.unchanged) },
                { name: t.diff.before, value: t.common.rows(rows.base) },
                { name: t.diff.after, value: t.common.rows(rows.head) },
                {
                  name: t.diff.matchedBy,
                  value: diff.key.length === 0 ? t.diff.wholeRows : <code>{diff.key.join(', ')}</code>,
                },
              ]}
            />
            {diff.schema.length > 0 && (
              <section className="stack-tight">
                <h2>{t.ingest.schemaChanges}</h2>
                <SchemaChanges changes={diff.schema} />
              </section>
            )}
            <Tabs
              label={t.diff.tabs.label}
              current={tab}
              tabs={diffTabs.map((id) => ({
                id,
                label: t.diff.tabs[id],
                to: paths.snapshotDiff({ project, dataset, snapshot: head }),
                search: { base, tab: id },
              }))}
            />
            {tab === 'rows' ? <Rows diff={diff} /> : <Shifts diff={diff} />}
          </>
        )
      }}
    </Load>
  )
}

function Rows({ diff }: { readonly diff: SnapshotDiff }) {
  const { t, f } = useI18n()
  const { added, removed, changed } = diff.samples
  if (added.length + removed.length + changed.length === 0) return <p className="muted">{t.diff.sameRows}</p>
  return (
    <div className="stack">
      {diff.changed_columns.length > 0 && (
        <p>
          {t.diff.changedColumns}{' '}
          {diff.changed_columns.map(({ column, rows }) => (
            <span key={column} className="tag-chip">
              <code>{column}</code> {f.integer(rows)}
            </span>
          ))}
        </p>
      )}
      {changed.length > 0 && (
        <section className="stack-tight">
          <h2>{t.diff.changedRows(f.integer(changed.length), f.integer(diff.rows.changed))}</h2>
          <DataTable
            label={t.diff.changed}
            rows={changed}
            rowKey={({ key }) => JSON.stringify(key)}
            columns={[
              ...diff.key.map((name) => ({
                id: `key ${name}`,
                header: name,
                render: ({ key }: (typeof changed)[number]) => <Cell value={key[name]} />,
              })),
              {
                id: 'values',
                header: t.diff.values,
                isWide: true,
                render: ({ values }: (typeof changed)[number]) => (
                  <ul className="cell-changes">
                    {Object.entries(values).map(([column, { base, head }]) => (
                      <li key={column}>
                        <code>{column}</code> <del>{showValue(base, f)}</del> → <ins>{showValue(head, f)}</ins>
                      </li>
                    ))}
                  </ul>
                ),
              },
            ]}
          />
        </section>
      )}
      <Sample title={t.diff.addedRows} rows={added} total={diff.rows.added} />
      <Sample title={t.diff.removedRows} rows={removed} total={diff.rows.removed} />
    </div>
  )
}

function Cell({ value }: { readonly value: Json | undefined }) {
  const { f } = useI18n()
  return value === null || value === undefined ? <span className="muted">–</span> : showValue(value, f)
}

type Row = Readonly<Record<string, Json>>

function Sample({
  title,
  rows,
  total,
}: {
  readonly title: (shown: string, total: string) => string
  readonly rows: readonly Row[]
  readonly total: number
}) {
  const { f } = useI18n()
  const [first] = rows
  if (first === undefined) return null
  const heading = title(f.integer(rows.length), f.integer(total))
  return (
    <section className="stack-tight">
      <h2>{heading}</h2>
      <DataTable<{ readonly row: Row; readonly key: string }>
        label={heading}
        rows={rows.map((row, index) => ({ row, key: `${index}` }))}
        rowKey={({ key }) => key}
        columns={Object.keys(first).map((name) => ({
          id: name,
          header: name,
          isNumber: typeof first[name] === 'number',
          render: ({ row }) => <Cell value={row[name]} />,
        }))}
      />
    </section>
  )
}

function Shifts({ diff }: { readonly diff: SnapshotDiff }) {
  const { t, f } = useI18n()
  if (diff.shifts.length === 0) return <p className="muted">{t.diff.noShifts}</p>
  return (
    <div className="stack-tight">
      <p className="density-legend">
        <span data-part="base">{t.diff.before}</span> <span data-part="head">{t.diff.after}</span>
      </p>
      <DataTable
        label={t.diff.tabs.distributions}
        rows={diff.shifts}
        rowKey={({ column }) => column}
        columns={[
          { id: 'column', header: t.datasets.column, render: ({ column }) => <code>{column}</code> },
          {
            id: 'score',
            header: t.diff.score,
            isNumber: true,
            render: ({ score }) => (
              <span title={f.exact(score)}>
                {score > 0 && score < scoreMin ? `< ${f.metric(scoreMin)}` : f.metric(score)}
              </span>
            ),
          },
          { id: 'method', header: t.diff.method, render: ({ method }) => t.diff.methods[method] },
          {
            id: 'spread',
            header: t.snapshot.distribution,
            isWide: true,
            render: ({ base, head }) => <Densities base={base} head={head} />,
          },
          {
            id: 'mean',
            header: t.snapshot.mean,
            isNumber: true,
            render: ({ base, head }) =>
              base.mean === undefined || head.mean === undefined
                ? '–'
                : t.diff.fromTo(f.metric(base.mean), f.metric(head.mean)),
          },
          {
            id: 'missing',
            header: t.snapshot.missing,
            isNumber: true,
            render: ({ base, head }) => t.diff.fromTo(f.integer(base.missing), f.integer(head.missing)),
          },
        ]}
      />
    </div>
  )
}
