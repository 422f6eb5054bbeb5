import type { CheckResult, Dataset, Expectation, Snapshot, ValidationResult } from '@fabrique/contract'
import { expectationSentence } from '@fabrique/contract/texts'
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { CheckState, SeverityWord } from '../validations/check-state.jsx'
import { Examples } from '../validations/examples.jsx'
import { suiteName } from '../validations/suite-name.js'
import { datasetQueries } from './dataset-queries.js'
import { datasetSnippet } from './datasets-page.jsx'
import { orderKeys } from './order-keys.js'
import { showRounded } from './show-value.js'

interface Row {
  readonly expectation: Expectation
  /** Absent when the check was not evaluated on this snapshot: not the same as passed. */
  readonly result?: CheckResult
}

const severities = ['critical', 'warning', 'info'] as const

/** 0 failed, 1 not evaluated, 2 passed. */
const rank = ({ result }: Row) => (result === undefined || result.error !== undefined ? 1 : result.success ? 2 : 0)
const weight = (row: Row) => rank(row) * severities.length + severities.indexOf(row.expectation.severity)

/** What was found joined with what is declared: failing first, then not evaluated, then passed; the gravest first. */
function rowsOf(declared: readonly Expectation[], validation: ValidationResult | undefined): readonly Row[] {
  const checks = validation?.checks ?? []
  const evaluated = new Set(checks.map(({ expectation }) => orderKeys(expectation)))
  return [
    ...checks.map((result) => ({ expectation: result.expectation, result })),
    ...declared.filter((expectation) => !evaluated.has(orderKeys(expectation))).map((expectation) => ({ expectation })),
  ].sort((first, second) => weight(first) - weight(second))
}

/** The checks of a snapshot: what the project declares, with the newest result of it. */
export function CheckList({ dataset, snapshot }: { readonly dataset: Dataset; readonly snapshot: Snapshot }) {
  const { t } = useI18n()
  const query = useQuery(datasetQueries.validations(snapshot.id))
  return (
    <Load query={query} lines={6}>
      {({ items }) => {
        const validation = items.find(({ suite }) => suite === 'declared')
        const rows = rowsOf(dataset.expectations, validation)
        return (
          <div className="stack">
            {rows.length === 0 ? (
              <EmptyState
                title={t.datasets.noChecks}
                text={t.datasets.noChecksText}
                snippets={[{ title: 'fabrique.config.ts', code: datasetSnippet }]}
              />
            ) : (
              <Checks rows={rows} validation={validation} snapshot={snapshot} />
            )}
            <Validations validations={items} />
          </div>
        )
      }}
    </Load>
  )
}

/** Checks the snapshot now, and leads to the result. */
function ValidateButton({ snapshot }: { readonly snapshot: Snapshot }) {
  const { t } = useI18n()
  const navigate = useNavigate()
  const validate = useChange(
    () => call('validateSnapshot', { params: { snapshot: snapshot.id }, body: { suite: 'declared', reason: '' } }),
    ['validations', 'datasets', 'lineage'],
    ({ project, dataset, id }) => navigate({ to: paths.validation({ project, dataset, validation: id }) as never }),
  )
  return (
    <>
      <Button variant="default" loading={validate.isPending} onClick={() => validate.mutate(undefined)}>
        {t.validation.checkNow}
      </Button>
      {validate.error !== null && <FailurePanel error={validate.error} onRetry={() => validate.reset()} />}
    </>
  )
}

/** Every validation of the snapshot, newest first. */
function Validations({ validations }: { readonly validations: readonly ValidationResult[] }) {
  const { t, f } = useI18n()
  if (validations.length === 0) return null
  return (
    <section className="stack-tight">
      <h2>{t.validation.ofSnapshot}</h2>
      <DataTable
        label={t.validation.ofSnapshot}
        rows={validations}
        rowKey={({ id }) => id}
        columns={[
          {
            id: 'when',
            header: t.validation.when,
            render: ({ id, project, dataset, created_at }) => (
              <AppLink to={paths.validation({ project, dataset, validation: id })}>{f.moment(created_at)}</AppLink>
            ),
          },
          { id: 'suite', header: t.validation.suite, render: ({ suite }) => suiteName(suite, t) },
          {
            id: 'result',
            header: t.datasets.result,
            render: ({ success }) => <CheckState check={{ success }} />,
          },
          { id: 'all', header: t.validation.evaluated, isNumber: true, render: (one) => f.integer(one.evaluated) },
          { id: 'failed', header: t.validation.failedAll, isNumber: true, render: (one) => f.integer(one.failed) },
        ]}
      />
    </section>
  )
}

interface ChecksProps {
  readonly rows: readonly Row[]
  readonly validation: ValidationResult | undefined
  readonly snapshot: Snapshot
}

function Checks({ rows, validation, snapshot }: ChecksProps) {
  const { t, f, language } = useI18n()
  const count = (wanted: number) => rows.filter((row) => rank(row) === wanted).length
  const summary = t.datasets.summary({ failed: count(0), missing: count(1), passed: count(2) })
  return (
    <div className="stack-tight">
      <div className="checks-summary">
        <strong>{validation === undefined ? t.datasets.neverChecked : summary}</strong>
        {validation !== undefined && (
          <>
            <span className="muted">
              <Moment at={validation.created_at} relative={false} />
            </span>
            <AppLink
              to={paths.validation({
                project: snapshot.project,
                dataset: snapshot.dataset,
                validation: validation.id,
              })}
            >
              {t.validation.show}
            </AppLink>
          </>
        )}
        <ValidateButton snapshot={snapshot} />
      </div>
      <DataTable
        label={t.snapshot.tabs.checks}
        rows={rows}
        rowKey={({ expectation }) => orderKeys(expectation)}
        isMarked={(row) => rank(row) === 0}
        columns={[
          {
            id: 'result',
            header: t.datasets.result,
            render: ({ result }) => <CheckState check={result} />,
          },
          {
            id: 'severity',
            header: t.validation.severity,
            render: ({ expectation }) => <SeverityWord severity={expectation.severity} />,
          },
          {
            id: 'check',
            header: t.datasets.check,
            isWide: true,
            render: ({ expectation, result }) => (
              <div title={expectation.type}>
                {expectationSentence(expectation, language)}
                {result?.error !== undefined && <p className="check-sample">{result.error}</p>}
                <Examples values={result?.unexpected_sample} />
              </div>
            ),
          },
          {
            id: 'observed',
            header: t.datasets.observed,
            isWide: true,
            render: ({ result }) => (result?.observed === undefined ? '–' : showRounded(result.observed, f)),
          },
          {
            id: 'unexpected',
            header: t.datasets.unexpected,
            isNumber: true,
            render: ({ result }) =>
              result?.unexpected_count === undefined
                ? '–'
                : t.datasets.unexpectedOf(f.integer(result.unexpected_count), f.integer(result.element_count ?? 0)),
          },
        ]}
      />
    </div>
  )
}
