import { SegmentedControl } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { CursorChannel } from '../../components/charts/cursor-channel.js'
import { LineChart } from '../../components/charts/line-chart.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { Load } from '../../components/load.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { patterns } from '../../routing/paths.js'
import { figureSpans, percentiles } from '../../routing/search.js'
import { figureLines, figureTotals, type Percentile } from './figure-lines.js'
import { type FigureSpan, servingQueries, spans } from './serving-queries.js'

const route = getRouteApi(patterns.endpoint)

/** Rate, durations and errors of each version over time. */
export function EndpointFigures({ model }: { readonly model: string }) {
  const { t, f } = useI18n()
  const { span = 'hour', percentile = 'p95' } = route.useSearch()
  const navigate = route.useNavigate()
  const query = useQuery(servingQueries.figures(model, span))
  const [channel] = useState(() => new CursorChannel())
  const items = query.data?.items
  const lines = useMemo(
    () => figureLines(items ?? [], { stepSeconds: spans[span].step, percentile }),
    [items, span, percentile],
  )
  const words = t.serving
  const titles = { rate: words.rate, durations: words.durations(words.percentiles[percentile]), errors: words.errors }
  return (
    <section className="stack">
      <div className="row">
        <SegmentedControl
          aria-label={words.span}
          value={span}
          onChange={(value) =>
            void navigate({
              search: (before) => ({ ...before, span: value === 'hour' ? undefined : (value as FigureSpan) }),
            })
          }
          data={figureSpans.map((value) => ({ value, label: words.spans[value] }))}
        />
        <SegmentedControl
          aria-label={words.percentile}
          value={percentile}
          onChange={(value) =>
            void navigate({
              search: (before) => ({ ...before, percentile: value === 'p95' ? undefined : (value as Percentile) }),
            })
          }
          data={[...percentiles].sort().map((value) => ({ value, label: value }))}
        />
      </div>
      <Load query={query} lines={6}>
        {({ items: figures }) =>
          figures.length === 0 ? (
            <EmptyState title={words.noFigures} text={words.noFiguresText} />
          ) : (
            <>
              <div className="figure-charts">
                {(['rate', 'durations', 'errors'] as const).map((name) => (
                  <article key={name}>
                    <h2>{titles[name]}</h2>
                    <LineChart title={titles[name]} xKind="time" height={180} channel={channel} lines={lines[name]} />
                  </article>
                ))}
              </div>
              <h2>{words.total}</h2>
              <DataTable
                label={words.total}
                rows={figureTotals(figures)}
                rowKey={({ name }) => name}
                columns={[
                  { id: 'name', header: t.endpoints.version, render: ({ name }) => name },
                  { id: 'answered', header: words.answered, isNumber: true, render: (one) => f.integer(one.answered) },
                  { id: 'refused', header: words.refused, isNumber: true, render: (one) => f.integer(one.refused) },
                  { id: 'failed', header: words.failed, isNumber: true, render: (one) => f.integer(one.failed) },
                ]}
              />
            </>
          )
        }
      </Load>
    </section>
  )
}
