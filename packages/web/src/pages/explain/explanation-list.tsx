import type { ExplanationSummary, ModelVersion } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { Moment } from '../../components/moment.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { useExplainTexts } from './explain-texts.js'
import { SnapshotLink } from './snapshot-link.jsx'

interface ExplanationListProps {
  readonly version: ModelVersion
  readonly explanations: readonly ExplanationSummary[]
  readonly shown: string | undefined
  /** Asks for the next page, where there is one. */
  readonly onMore: (() => void) | undefined
}

/** The explanations of a version, the newest first. */
export function ExplanationList({ version, explanations, shown, onMore }: ExplanationListProps) {
  const { f } = useI18n()
  const words = useExplainTexts().list
  const { model, version: number } = version
  return (
    <section className="stack-tight" aria-labelledby="explain-list">
      <h2 id="explain-list">{words.title}</h2>
      {explanations.length === 0 ? (
        <p className="muted">{words.empty}</p>
      ) : (
        <DataTable
          label={words.title}
          rows={explanations}
          rowKey={({ explanation_id }) => explanation_id}
          isChosen={({ explanation_id }) => explanation_id === shown}
          columns={[
            {
              id: 'made',
              header: words.made,
              render: ({ explanation_id: id, created_at }) => (
                <span>
                  <AppLink
                    to={paths.modelVersion({ model, version: number })}
                    search={{ tab: 'explain', explanation: id }}
                    aria-current={id === shown ? 'true' : undefined}
                  >
                    <Moment at={created_at} relative={false} />
                  </AppLink>
                  {id === shown && <span className="muted">{` (${words.shown})`}</span>}
                </span>
              ),
            },
            { id: 'rows', header: words.rows, isNumber: true, render: ({ rows }) => f.integer(rows) },
            { id: 'data', header: words.data, render: ({ snapshot_id }) => <SnapshotLink id={snapshot_id} /> },
            {
              id: 'score',
              header: words.score,
              render: ({ metric, score }) =>
                metric === undefined || score === undefined ? '–' : `${metric} ${f.metric(score)}`,
            },
            {
              id: 'method',
              header: words.method,
              render: ({ method }) => (method === undefined ? '–' : words.methods[method]),
            },
            { id: 'by', header: words.by, render: ({ created_by }) => created_by },
          ]}
        />
      )}
      {onMore !== undefined && (
        <div>
          <Button variant="default" onClick={onMore}>
            {words.more}
          </Button>
        </div>
      )}
    </section>
  )
}
