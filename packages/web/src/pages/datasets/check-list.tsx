import type { CheckResult, Dataset, Expectation, Snapshot, ValidationResult } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.js'
import { DataTable } from '../../components/data-table.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { StateWord } from '../../components/state-word.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { datasetSnippet } from './datasets-page.jsx'
import { describeExpectation, showValue } from './describe-expectation.js'
import { orderKeys } from './order-keys.js'

interface Row {
  readonly expectation: Expectation
  /** Absent when the check was not evaluated on this snapshot: not the same as passed. */
  readonly result?: CheckResult
}

const rank = ({ result }: Row) => (result === undefined ? 1 : result.success ? 2 : 0)

/** What was found joined with what is declared: failing first, then not evaluated, then passed. */
function rowsOf(declared: readonly Expectation[], validation: ValidationResult | undefined): readonly Row[] {
  const checks = validation?.checks ?? []
  const evaluated = new Set(checks.map(({ expectation }) => orderKeys(expectation)))
  return [
    ...checks.map((result) => ({ expectation: result.expectation, result })),
    ...declared.filter((expectation) => !evaluated.has(orderKeys(expectation))).map((expectation) => ({ expectation })),
  ].sort((first, second) => rank(first) - rank(second))
}

/** The checks of a snapshot. */
export function CheckList({ dataset, snapshot }: { readonly dataset: Dataset; readonly snapshot: Snapshot }) {
  const { t } = useI18n()
  const query = useQuery(queries.validations(snapshot.id))
  return (
    <Load query={query} lines={6}>
      {({ items }) => {
        const rows = rowsOf(dataset.expectations, items[0])
        return rows.length === 0 ? (
          <EmptyState
            title={t.datasets.noChecks}
            text={t.datasets.noChecksText}
            snippets={[{ title: 'fabrique.config.ts', code: datasetSnippet }]}
          />
        ) : (
          <Checks rows={rows} validation={items[0]} />
        )
      }}
    </Load>
  )
}

function Checks({
  rows,
  validation,
}: {
  readonly rows: readonly Row[]
  readonly validation: ValidationResult | undefined
}) {
  const { t, f } = useI18n()
  const count = (wanted: number) => rows.filter((row) => rank(row) === wanted).length
  const summary = t.datasets.summary({ failed: count(0), missing: count(1), passed: count(2) })
  return (
    <div className="stack">
      <p className="checks-summary">
        <strong>{validation === undefined ? t.datasets.neverChecked : summary}</strong>
        {validation !== undefined && (
          <span className="muted">
            <Moment at={validation.created_at} relative={false} />
          </span>
        )}
      </p>
      <DataTable
        label={t.datasets.tabs.checks}
        rows={rows}
        rowKey={({ expectation }) => orderKeys(expectation)}
        isMarked={({ result }) => result?.success === false}
        columns={[
          {
            id: 'result',
            header: t.datasets.result,
            render: ({ result }) => (
              <StateWord state={result === undefined ? 'notEvaluated' : result.success ? 'passed' : 'failed'} />
            ),
          },
          {
            id: 'check',
            header: t.datasets.check,
            isWide: true,
            render: ({ expectation, result }) => (
              <div title={expectation.type}>
                {describeExpectation(expectation, t, f)}
                {result?.unexpected_sample !== undefined && result.unexpected_sample.length > 0 && (
                  <p className="check-sample">
                    {t.datasets.sampleValues(result.unexpected_sample.map((value) => showValue(value, f)).join(', '))}
                  </p>
                )}
              </div>
            ),
          },
          {
            id: 'observed',
            header: t.datasets.observed,
            isWide: true,
            render: ({ result }) => (result?.observed === undefined ? '–' : showValue(result.observed, f)),
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
