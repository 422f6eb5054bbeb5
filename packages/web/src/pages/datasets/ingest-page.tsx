import type { Ingest, QuarantinePage } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { apiPath } from '../../api/client.js'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { FactRow } from '../../components/facts.jsx'
import { Icon } from '../../components/icon.jsx'
import { OpenJob } from '../../components/jobs/open-job.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { Page } from '../../components/page.jsx'
import { Pager } from '../../components/pager.jsx'
import { Snippet } from '../../components/snippet.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import { datasetQueries } from './dataset-queries.js'
import { IngestState } from './ingest-table.jsx'
import { SchemaChanges } from './schema-changes.jsx'
import './dataset-page.css'

const route = getRouteApi(patterns.ingest)
const pageSize = 100
const groupsShown = 12

/** One ingest: what was read, what became of it, and every row that was set aside. */
export function IngestPage() {
  const { t, f } = useI18n()
  const { project, dataset, ingest: id } = route.useParams()
  const query = useQuery(datasetQueries.ingest(id))
  return (
    <Page
      title={query.data === undefined ? t.ingest.title : t.ingest.titleOf(f.moment(query.data.started_at))}
      crumbs={[
        { label: project },
        { label: t.datasets.title, to: paths.datasets({ project }) },
        { label: dataset, to: paths.dataset({ project, dataset }) },
      ]}
      lead={query.data === undefined ? undefined : <Lead ingest={query.data} />}
    >
      <Load query={query} lines={8}>
        {(ingest) => <IngestBody ingest={ingest} />}
      </Load>
    </Page>
  )
}

function Lead({ ingest }: { readonly ingest: Ingest }) {
  const { t } = useI18n()
  const { project, dataset, snapshot_id, is_new } = ingest
  return (
    <>
      <IngestState ingest={ingest} />
      <code>{ingest.source.location}</code>
      {snapshot_id !== undefined && (
        <AppLink to={paths.snapshot({ project, dataset, snapshot: snapshot_id })}>
          {is_new ? t.ingest.newSnapshot : t.ingest.sameSnapshot}
        </AppLink>
      )}
    </>
  )
}

function IngestBody({ ingest }: { readonly ingest: Ingest }) {
  const { t, f } = useI18n()
  const { policy } = ingest
  const read = ingest.rows_good + ingest.rows_quarantined
  return (
    <>
      {ingest.state === 'running' && <OpenJob subject={`datasets/${ingest.project}/${ingest.dataset}`} />}
      {ingest.error !== undefined && (
        <section className="open-job" data-failed>
          <p>
            <strong>{ingest.error.message}</strong> <span className="open-job-hint">{ingest.error.hint}</span>
          </p>
        </section>
      )}
      <FactRow
        facts={[
          {
            name: t.ingest.filesRead,
            value:
              ingest.files_found === 0
                ? '–'
                : t.ingest.ofFiles(f.integer(ingest.files_read), f.integer(ingest.files_found)),
          },
          { name: t.ingest.bytesRead, value: f.bytes(ingest.bytes_read) },
          { name: t.ingest.rowsRead, value: f.integer(ingest.rows_read) },
          { name: t.ingest.good, value: f.integer(ingest.rows_good) },
          { name: t.ingest.quarantined, value: f.integer(ingest.rows_quarantined) },
          ...(ingest.rows_kept === 0 ? [] : [{ name: t.ingest.kept, value: f.integer(ingest.rows_kept) }]),
          {
            name: t.ingest.policy,
            value:
              policy.mode === 'quarantine'
                ? t.ingest.policies.quarantine(f.percent(policy.max_share))
                : t.ingest.policies[policy.mode],
          },
          { name: t.ingest.started, value: <Moment at={ingest.started_at} /> },
          ...(ingest.ended_at === undefined
            ? []
            : [
                {
                  name: t.ingest.took,
                  value: f.duration(Date.parse(ingest.ended_at) - Date.parse(ingest.started_at)),
                },
              ]),
        ]}
      />
      {read > 0 && (
        <div className="good-bar" role="img" aria-label={t.ingest.goodOf(f.integer(ingest.rows_good), f.integer(read))}>
          <span style={{ flexGrow: ingest.rows_good }} data-part="good" />
          <span style={{ flexGrow: ingest.rows_quarantined }} data-part="quarantined" />
        </div>
      )}
      {ingest.warnings.length > 0 && (
        <ul className="warnings">
          {ingest.warnings.map((warning) => (
            <li key={warning.message}>
              <Icon name="warning" size={14} /> {warning.message}
            </li>
          ))}
        </ul>
      )}
      {ingest.schema_changes.length > 0 && (
        <section className="stack-tight">
          <h2>{t.ingest.schemaChanges}</h2>
          <SchemaChanges changes={ingest.schema_changes} />
        </section>
      )}
      {ingest.rows_quarantined > 0 && <Quarantine ingest={ingest} />}
      <Snippet title={t.common.fromCli} code={`fabrique data quarantine ${ingest.id}`} />
    </>
  )
}

function Quarantine({ ingest }: { readonly ingest: Ingest }) {
  const { t, f } = useI18n()
  const search = route.useSearch()
  const changeSearch = useSearchChange()
  const offset = Number(search.offset ?? 0)
  const { reason, column, file } = search
  const query = useQuery(datasetQueries.quarantine(ingest.id, { limit: pageSize, offset, reason, column, file }))
  const isFiltered = reason !== undefined || column !== undefined || file !== undefined
  return (
    <section className="stack">
      <div className="section-head">
        <h2>{t.ingest.quarantine}</h2>
        <a href={apiPath('downloadQuarantine', { ingest: ingest.id })} download>
          <Icon name="download" size={14} /> CSV
        </a>
      </div>
      <Load query={query} lines={8}>
        {(page) => (
          <>
            <Groups page={page} isFiltered={isFiltered} />
            <p className="muted">
              {t.common.showingOf(
                `${f.integer(Math.min(offset + 1, page.total))} – ${f.integer(offset + page.items.length)}`,
                f.integer(page.total),
              )}
            </p>
            <DataTable
              label={t.ingest.quarantine}
              rows={page.items.map((row, index) => ({ ...row, key: `${offset + index}` }))}
              rowKey={({ key }) => key}
              columns={[
                {
                  id: 'file',
                  header: t.ingest.file,
                  render: (row) => <code className="wraps-narrow">{row.file}</code>,
                },
                {
                  id: 'line',
                  header: t.ingest.line,
                  isNumber: true,
                  render: ({ line }) => (line === undefined ? '–' : f.integer(line)),
                },
                {
                  id: 'column',
                  header: t.datasets.column,
                  render: (row) => (row.column === undefined ? '–' : <code>{row.column}</code>),
                },
                {
                  id: 'value',
                  header: t.ingest.value,
                  render: ({ value }) => (value === undefined ? '–' : <code className="clip">{value}</code>),
                },
                {
                  id: 'reason',
                  header: t.ingest.reason,
                  render: (row) => (
                    <span className="wraps-narrow reason-cell" title={row.detail?.message}>
                      {t.ingest.reasons[row.reason]}
                      {row.detail !== undefined && <span className="small muted"> {row.detail.message}</span>}
                    </span>
                  ),
                },
                {
                  id: 'row',
                  header: t.ingest.row,
                  isWide: true,
                  render: (one) => (one.row === undefined ? '–' : <code className="clip">{one.row}</code>),
                },
              ]}
            />
            <Pager
              offset={offset}
              shown={page.items.length}
              total={page.total}
              pageSize={pageSize}
              onMove={(next) => changeSearch({ ...search, offset: next }, 'push')}
            />
          </>
        )}
      </Load>
    </section>
  )
}

/** What is wrong, by kind: a press shows only those rows. */
function Groups({ page, isFiltered }: { readonly page: QuarantinePage; readonly isFiltered: boolean }) {
  const { t, f } = useI18n()
  const search = route.useSearch()
  const { project, dataset, ingest } = route.useParams()
  const to = paths.ingest({ project, dataset, ingest })
  const most = Math.max(...page.groups.map(({ count }) => count), 1)
  return (
    <ul className="reason-groups" aria-label={t.ingest.groups}>
      {page.groups.slice(0, groupsShown).map(({ reason, column, file, count }) => {
        const isCurrent = search.reason === reason && search.column === column && search.file === file
        return (
          <li key={`${reason} ${column ?? ''} ${file}`}>
            <AppLink to={to} search={{ reason, column, file }} aria-current={isCurrent ? 'true' : undefined}>
              <span className="reason-bar" style={{ width: `${(count / most) * 100}%` }} />
              <span className="reason-text">
                {t.ingest.reasons[reason]}
                {column === undefined ? '' : ` · ${column}`}
                <span className="small muted"> {file}</span>
              </span>
              <span className="reason-count">{f.integer(count)}</span>
            </AppLink>
          </li>
        )
      })}
      {isFiltered && (
        <li>
          <AppLink to={to}>{t.ingest.showAll}</AppLink>
        </li>
      )}
    </ul>
  )
}
