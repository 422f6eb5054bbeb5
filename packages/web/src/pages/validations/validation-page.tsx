import type { CheckResult, ValidationResult } from '@fabrique/contract'
import { expectationSentence } from '@fabrique/contract/texts'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { apiPath } from '../../api/client.js'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { FactRow } from '../../components/facts.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { Page } from '../../components/page.jsx'
import { Pager } from '../../components/pager.jsx'
import { Snippet } from '../../components/snippet.jsx'
import { StateWord } from '../../components/state-word.jsx'
import { Tabs } from '../../components/tabs.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { validationShows } from '../../routing/search.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import { showRounded, showValue } from '../datasets/show-value.js'
import { CheckState, SeverityWord } from './check-state.jsx'
import { Examples } from './examples.jsx'
import { suiteName } from './suite-name.js'
import '../datasets/dataset-page.css'
import { validationQueries } from './validation-queries.js'
import './validations.css'

const route = getRouteApi(patterns.validation)
const pageSize = 50

interface Row {
  readonly check: CheckResult
  readonly place: number
}

/** The result of one validation: what failed first, with the rows behind it. */
export function ValidationPage() {
  const { t, f } = useI18n()
  const { project, dataset, validation: id } = route.useParams()
  const query = useQuery(validationQueries.validation(id))
  return (
    <Page
      title={
        query.data === undefined ? t.validation.title : t.validation.titleOf(dataset, f.moment(query.data.created_at))
      }
      crumbs={[
        { label: project },
        { label: t.datasets.title, to: paths.datasets({ project }) },
        { label: dataset, to: paths.dataset({ project, dataset }) },
      ]}
      lead={query.data === undefined ? undefined : <StateWord state={query.data.success ? 'passed' : 'failed'} />}
      actions={<Exports id={id} />}
    >
      <Load query={query} lines={8}>
        {(validation) => <ValidationBody validation={validation} />}
      </Load>
      {query.data !== undefined && (
        <Snippet title={t.common.fromCli} code={`fabrique data check ${query.data.snapshot_id}`} />
      )}
    </Page>
  )
}

function Exports({ id }: { readonly id: string }) {
  const { t, language } = useI18n()
  return (
    <div className="snapshot-actions">
      <a href={apiPath('getValidationReport', { validation: id }, { lang: language })} target="_blank" rel="noreferrer">
        {t.validation.report}
      </a>
      <a href={apiPath('getGxResult', { validation: id }, { result_format: 'COMPLETE' })} download={`${id}.json`}>
        {t.validation.gxJson}
      </a>
      <AppLink to={paths.lineage({ kind: 'validation', id })}>{t.snapshot.lineage}</AppLink>
    </div>
  )
}

function ValidationBody({ validation }: { readonly validation: ValidationResult }) {
  const { t, f, language } = useI18n()
  const search = route.useSearch()
  const { project, dataset, id } = validation
  const rows = validation.checks.map((check, place): Row => ({ check, place }))
  const failed = rows.filter(({ check }) => !check.success)
  const show = search.show ?? (failed.length > 0 ? 'failed' : 'all')
  const chosen = rows.find(({ place }) => String(place) === search.check)
  const address = paths.validation({ project, dataset, validation: id })
  const { critical, warning, info } = validation.failed_by_severity
  return (
    <>
      <FactRow
        facts={[
          { name: t.validation.evaluated, value: f.integer(validation.evaluated) },
          {
            name: t.validation.failedCritical,
            value: <span className={critical > 0 ? 'tone-failure' : ''}>{f.integer(critical)}</span>,
          },
          {
            name: t.validation.failedWarning,
            value: <span className={warning > 0 ? 'tone-warning' : ''}>{f.integer(warning)}</span>,
          },
          { name: t.validation.failedInfo, value: f.integer(info) },
          {
            name: t.validation.suite,
            value: suiteName(validation.suite, t),
          },
          {
            name: t.datasets.snapshot,
            value: (
              <AppLink to={paths.snapshot({ project, dataset, snapshot: validation.snapshot_id })}>
                {validation.snapshot_id}
              </AppLink>
            ),
          },
          { name: t.validation.when, value: <Moment at={validation.created_at} /> },
        ]}
      />
      <Tabs
        label={t.validation.shows.label}
        current={show}
        tabs={validationShows.map((one) => ({
          id: one,
          label: t.validation.shows[one],
          to: address,
          search: { show: one },
          count: f.integer(one === 'failed' ? failed.length : rows.length),
        }))}
      />
      {chosen !== undefined && <FailingRows validation={validation} row={chosen} />}
      <DataTable
        label={t.snapshot.tabs.checks}
        rows={show === 'failed' ? failed : rows}
        rowKey={({ place }) => String(place)}
        isChosen={({ place }) => String(place) === search.check}
        columns={[
          { id: 'result', header: t.datasets.result, render: ({ check }) => <CheckState check={check} /> },
          {
            id: 'severity',
            header: t.validation.severity,
            render: ({ check }) => <SeverityWord severity={check.expectation.severity} />,
          },
          {
            id: 'check',
            header: t.datasets.check,
            isWide: true,
            render: ({ check }) => (
              <div title={check.expectation.type}>
                {expectationSentence(check.expectation, language)}
                {check.error !== undefined && <p className="check-sample">{check.error}</p>}
                <Examples values={check.unexpected_sample} />
              </div>
            ),
          },
          {
            id: 'observed',
            header: t.datasets.observed,
            isWide: true,
            render: ({ check }) => (check.observed === undefined ? '–' : showRounded(check.observed, f)),
          },
          {
            id: 'unexpected',
            header: t.datasets.unexpected,
            isNumber: true,
            render: ({ check, place }) => {
              const count = failingCount(check)
              return count === 0 ? (
                '–'
              ) : (
                <AppLink
                  to={address}
                  search={{ show: search.show, check: String(place) === search.check ? undefined : String(place) }}
                >
                  {check.element_count === undefined
                    ? f.integer(count)
                    : t.datasets.unexpectedOf(f.integer(count), f.integer(check.element_count))}
                </AppLink>
              )
            },
          },
        ]}
      />
    </>
  )
}

/** How many rows break an expectation: of a query, those that it finds. */
function failingCount({ expectation, unexpected_count, observed }: Row['check']): number {
  if (expectation.type === 'unexpected_rows_expectation') return typeof observed === 'number' ? observed : 0
  return unexpected_count ?? 0
}

/** The rows of the snapshot that break one expectation. */
function FailingRows({
  validation,
  row: { check, place },
}: {
  readonly validation: ValidationResult
  readonly row: Row
}) {
  const { t, f, language } = useI18n()
  const search = route.useSearch()
  const changeSearch = useSearchChange()
  const offset = Number(search.offset ?? 0)
  const query = useQuery(validationQueries.failingRows(validation.id, place, offset))
  return (
    <section className="column-detail" aria-label={t.validation.failingRows}>
      <h2>{expectationSentence(check.expectation, language)}</h2>
      <Load query={query} lines={6}>
        {({ columns, key, rows, total }) => (
          <div className="stack-tight">
            <p className="muted">
              {t.common.showingOf(
                `${f.integer(Math.min(offset + 1, total))} – ${f.integer(offset + rows.length)}`,
                f.integer(total),
              )}
            </p>
            <DataTable<(typeof rows)[number] & { readonly place: number }>
              label={t.validation.failingRows}
              rows={rows.map((one, index) => ({ ...one, place: offset + index }))}
              rowKey={(one) => String(one.place)}
              columns={[
                ...(rows.some(({ row }) => row !== undefined)
                  ? [
                      {
                        id: 'row number',
                        header: t.validation.row,
                        isNumber: true,
                        render: ({ row }: (typeof rows)[number]) => (row === undefined ? '–' : f.integer(row)),
                      },
                    ]
                  : []),
                ...columns.map((name, index) => ({
                  id: name,
                  header: name,
                  isNumber: rows.every(({ values }) => typeof (values[index] ?? 0) === 'number'),
                  render: ({ values }: (typeof rows)[number]) => {
                    const value = values[index]
                    const shown = value === null || value === undefined ? '–' : showValue(value, f)
                    return key.includes(name) ? <strong>{shown}</strong> : shown
                  },
                })),
              ]}
            />
            <Pager
              offset={offset}
              shown={rows.length}
              total={total}
              pageSize={pageSize}
              onMove={(next) => changeSearch({ ...search, offset: next }, 'push')}
            />
          </div>
        )}
      </Load>
    </section>
  )
}
