import type { TraceAssessment } from '@fabrique/contract'
import { DataTable } from '../../components/data-table.jsx'
import { Moment } from '../../components/moment.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'

/** What people and programs said of a trace; what was overridden is marked so. */
export function Assessments({ assessments }: { readonly assessments: readonly TraceAssessment[] }) {
  const { t } = useI18n()
  return (
    <section className="stack-tight">
      <h2>{t.traces.assessments}</h2>
      {assessments.length === 0 ? (
        <p className="muted">{t.traces.noAssessments}</p>
      ) : (
        <DataTable
          label={t.traces.assessments}
          rows={assessments}
          rowKey={({ id }) => id}
          columns={[
            { id: 'name', header: t.traces.name, render: ({ name }) => name },
            { id: 'kind', header: t.traces.type, render: ({ kind }) => t.traces.kinds[kind] },
            {
              id: 'value',
              header: t.run.value,
              render: ({ value, error, is_valid }) => (
                <span>
                  {error === undefined ? (
                    <code>{JSON.stringify(value)}</code>
                  ) : (
                    <span className="tone-failure">{error}</span>
                  )}
                  {!is_valid && <span className="muted">{` (${t.traces.overridden})`}</span>}
                </span>
              ),
            },
            {
              id: 'source',
              header: t.traces.source,
              render: ({ source_type, source_id }) =>
                `${t.traces.sources[source_type] ?? source_type} ${source_id}`.trim(),
            },
            { id: 'why', header: t.traces.rationale, isWide: true, render: ({ rationale }) => rationale ?? '–' },
            { id: 'at', header: t.traces.started, render: ({ created_at }) => <Moment at={created_at} /> },
          ]}
        />
      )}
    </section>
  )
}
