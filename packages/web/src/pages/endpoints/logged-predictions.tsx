import type { LoggedPrediction } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { answererName } from './figure-lines.js'
import { PredictionDataLine } from './prediction-data.jsx'
import { servingQueries } from './serving-queries.js'

const route = getRouteApi(patterns.endpoint)

const textOf = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))

/** What was asked of a model and answered, newest first. */
export function LoggedPredictions({ model }: { readonly model: string }) {
  const { t, f } = useI18n()
  const { token } = route.useSearch()
  const words = t.serving.predictions
  const query = useQuery(servingQueries.predictions(model, token))
  return (
    <>
      <PredictionDataLine model={model} />
      <Load query={query} lines={6}>
        {({ items, next_page_token: next }) =>
          items.length === 0 ? (
            <EmptyState title={words.none} text={words.noneText} />
          ) : (
            <>
              <DataTable
                label={t.serving.tabs.predictions}
                rows={items}
                rowKey={({ prediction_id, row }) => `${prediction_id}.${row}`}
                columns={[
                  { id: 'at', header: words.at, render: ({ at }) => <Moment at={at} /> },
                  { id: 'version', header: t.endpoints.version, render: (one) => answererName(one) },
                  {
                    id: 'inputs',
                    header: words.inputs,
                    isWide: true,
                    render: ({ inputs }) => <code className="logged-values">{inputsText(inputs)}</code>,
                  },
                  { id: 'output', header: words.output, render: ({ output }) => <Output output={output} /> },
                  { id: 'took', header: words.took, isNumber: true, render: (one) => f.duration(one.duration_ms) },
                  { id: 'feedback', header: words.feedback, render: (one) => <FeedbackText one={one} /> },
                ]}
              />
              <nav className="row">
                {token !== undefined && (
                  <AppLink to={paths.endpoint({ model })} search={{ tab: 'predictions' }}>
                    {words.newest}
                  </AppLink>
                )}
                {next !== undefined && (
                  <AppLink to={paths.endpoint({ model })} search={{ tab: 'predictions', token: next }}>
                    {words.more}
                  </AppLink>
                )}
              </nav>
            </>
          )
        }
      </Load>
    </>
  )
}

function inputsText(inputs: LoggedPrediction['inputs']): string {
  return Object.entries(inputs)
    .map(([name, value]) => `${name} ${textOf(value)}`)
    .join(', ')
}

function Output({ output }: { readonly output: LoggedPrediction['output'] }) {
  const { f } = useI18n()
  if (typeof output !== 'object' || output === null || !('prediction' in output)) return textOf(output)
  const { prediction } = output
  return typeof prediction === 'number' ? f.metric(prediction) : textOf(prediction)
}

function FeedbackText({ one: { feedback } }: { readonly one: LoggedPrediction }) {
  const { t, f } = useI18n()
  const words = t.serving.predictions
  if (feedback === undefined) return '–'
  const told = [
    ...(feedback.truth === undefined ? [] : [words.truth(textOf(feedback.truth))]),
    ...(feedback.reward === undefined ? [] : [words.rewarded(f.exact(feedback.reward))]),
  ]
  return told.join(', ')
}
