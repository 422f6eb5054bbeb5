import type { Dataset, ExpectationHistory } from '@fabrique/contract'
import { expectationSentence } from '@fabrique/contract/texts'
import { useQuery } from '@tanstack/react-query'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { Load } from '../../components/load.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { CheckState, SeverityWord } from '../validations/check-state.jsx'
import { ProposedSuite } from '../validations/proposed-suite.jsx'
import { datasetSnippet } from './datasets-page.jsx'
import { orderKeys } from './order-keys.js'
import '../validations/validations.css'
import { datasetQueries } from './dataset-queries.js'

/** How each expectation of a data set went over its snapshots, and expectations that would fit the newest one. */
export function QualityHistory({ dataset }: { readonly dataset: Dataset }) {
  const { t, f, language } = useI18n()
  const query = useQuery(datasetQueries.expectationHistory(dataset.project, dataset.name))
  return (
    <div className="stack">
      <Load query={query} lines={6}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState
              title={t.validation.noHistory}
              text={t.datasets.noChecksText}
              snippets={[{ title: 'fabrique.config.ts', code: datasetSnippet }]}
            />
          ) : (
            <DataTable
              label={t.datasets.tabs.quality}
              rows={items}
              rowKey={({ expectation, suite }) => `${suite} ${orderKeys(expectation)}`}
              isMarked={({ points }) => points.at(-1)?.success === false}
              columns={[
                {
                  id: 'now',
                  header: t.validation.now,
                  render: ({ points }) => <Newest points={points} />,
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
                  render: ({ expectation }) => (
                    <span title={expectation.type}>{expectationSentence(expectation, language)}</span>
                  ),
                },
                {
                  id: 'history',
                  header: t.validation.history,
                  render: ({ points }) => <Strip dataset={dataset} points={points} />,
                },
                {
                  id: 'share',
                  header: t.validation.unexpectedNow,
                  isNumber: true,
                  render: ({ points }) => {
                    const share = points.at(-1)?.unexpected_share
                    return share === undefined ? '–' : f.percent(share)
                  },
                },
              ]}
            />
          )
        }
      </Load>
      {dataset.latest_snapshot !== undefined && (
        <ProposedSuite dataset={dataset} snapshot={dataset.latest_snapshot.id} />
      )}
    </div>
  )
}

type Points = ExpectationHistory['points']

function Newest({ points }: { readonly points: Points }) {
  const newest = points.at(-1)
  return <CheckState check={newest === undefined || !newest.is_evaluated ? undefined : { success: newest.success }} />
}

const shownMax = 10

/** One mark a snapshot, oldest left, the newest of them: the way to each result. */
function Strip({ dataset, points }: { readonly dataset: Dataset; readonly points: Points }) {
  const { t, f } = useI18n()
  const { project, name } = dataset
  return (
    <span className="history-strip">
      {points.length > shownMax && (
        <span className="small muted">{t.validation.older(f.integer(points.length - shownMax))}</span>
      )}
      {points.slice(-shownMax).map(({ validation_id, created_at, success, is_evaluated }) => {
        const state = is_evaluated ? (success ? 'passed' : 'failed') : 'missing'
        const label = `${f.moment(created_at)}: ${t.states[state === 'missing' ? 'notEvaluated' : state]}`
        return (
          <span key={validation_id} data-state={state} title={label} className="history-mark">
            <AppLink
              to={paths.validation({ project, dataset: name, validation: validation_id })}
              aria-label={label}
              className={`history-${state}`}
            >
              <span className="visually-hidden">{label}</span>
            </AppLink>
          </span>
        )
      })}
    </span>
  )
}
