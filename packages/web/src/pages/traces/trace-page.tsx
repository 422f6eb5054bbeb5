import type { TraceDetail, TraceSpan } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { CopyButton } from '../../components/copy-button.jsx'
import { Disclosure } from '../../components/disclosure.jsx'
import { FactRow, Facts } from '../../components/facts.jsx'
import { Icon } from '../../components/icon.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { Page } from '../../components/page.jsx'
import { ProblemPanel } from '../../components/problem-panel.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { Assessments } from './assessments.jsx'
import { SpanPanel } from './span-panel.jsx'
import { lastEnd, spanBar, spanRows } from './span-tree.js'
import { traceQueries } from './trace-queries.js'
import { TraceStateWord } from './trace-state.jsx'
import './traces.css'

const route = getRouteApi(patterns.trace)

/** One trace: its spans as a waterfall, the chosen one in full beside it, and what was said of it. */
export function TracePage() {
  const { t } = useI18n()
  const { trace: id } = route.useParams()
  const { span } = route.useSearch()
  const query = useQuery(traceQueries.trace(id))
  const experiment = query.data?.experiment_id
  return (
    <Page title={query.data?.name || id.slice(0, 16)} crumbs={[{ label: t.nav.traces, to: paths.traces() }]}>
      <Load query={query} lines={10}>
        {(trace) => (
          <>
            <TraceHead trace={trace} experiment={experiment ?? ''} />
            {trace.spans.length === 0 ? (
              <ProblemPanel message={t.traces.noSpans} hint={t.traces.noSpansHint} />
            ) : (
              <Spans trace={trace} wanted={span} />
            )}
            <Assessments assessments={trace.assessments} />
            <Texts title={t.traces.tags} texts={trace.tags} />
            <Texts title={t.traces.metadata} texts={trace.metadata} />
          </>
        )}
      </Load>
    </Page>
  )
}

function TraceHead({ trace, experiment }: { readonly trace: TraceDetail; readonly experiment: string }) {
  const { t, f } = useI18n()
  const run = trace.metadata['mlflow.sourceRun']
  const source = useQuery({ ...queries.run(run ?? ''), enabled: run !== undefined }).data
  const name = useQuery(queries.experiments()).data?.items.find(({ id }) => id === experiment)?.name
  return (
    <FactRow
      facts={[
        { name: t.traces.state, value: <TraceStateWord state={trace.state} /> },
        { name: t.traces.duration, value: trace.duration_ms === undefined ? '–' : f.duration(trace.duration_ms) },
        { name: t.traces.started, value: <Moment at={trace.started_at} relative={false} /> },
        {
          name: t.traces.experiment,
          value: (
            <AppLink to={paths.traces()} search={{ experiment }}>
              {name ?? experiment}
            </AppLink>
          ),
        },
        { name: t.traces.spans, value: f.integer(trace.spans.length) },
        ...(run === undefined
          ? []
          : [
              {
                name: t.models.run,
                value:
                  source === undefined ? (
                    run.slice(0, 12)
                  ) : (
                    <AppLink to={paths.run({ project: source.experiment, run })}>
                      {source.name || run.slice(0, 12)}
                    </AppLink>
                  ),
              },
            ]),
        {
          name: t.traces.id,
          value: (
            <>
              <code>{trace.id}</code>
              <CopyButton value={trace.id} what={t.traces.id} />
            </>
          ),
        },
      ]}
    />
  )
}

const rowsStep = 300

function Spans({ trace, wanted }: { readonly trace: TraceDetail; readonly wanted: string | undefined }) {
  const { t, f } = useI18n()
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set())
  const [limit, setLimit] = useState(rowsStep)
  const rows = spanRows(trace.spans, closed)
  const end = lastEnd(trace.spans)
  const chosen = trace.spans.find(({ id }) => id === wanted) ?? rows[0]?.span
  const toggle = (id: string) => {
    const next = new Set(closed)
    if (!next.delete(id)) next.add(id)
    setClosed(next)
  }
  return (
    <div className="trace-split">
      <section className="stack-tight" aria-label={t.traces.spans}>
        <ol className="spans">
          {rows.slice(0, limit).map(({ span, depth, childCount }) => (
            <li key={span.id} className="span-row" data-current={span.id === chosen?.id || undefined}>
              <span className="span-name" style={{ paddingLeft: Math.min(depth, maxIndent) * 14 }}>
                {childCount > 0 ? (
                  <Disclosure
                    isOpen={!closed.has(span.id)}
                    label={closed.has(span.id) ? t.traces.openSpan(span.name) : t.traces.closeSpan(span.name)}
                    onToggle={() => toggle(span.id)}
                  />
                ) : (
                  <span className="span-leaf" />
                )}
                <AppLink
                  to={paths.trace({ trace: trace.id })}
                  search={{ span: span.id }}
                  className="span-link"
                  aria-current={span.id === chosen?.id ? 'true' : undefined}
                >
                  {span.status === 'ERROR' && (
                    <span className="tone-failure">
                      <Icon name="cross" size={12} />
                      <span className="visually-hidden">{t.traces.states.ERROR}</span>
                    </span>
                  )}
                  <span className="span-title">{span.name}</span>
                  {span.type !== 'UNKNOWN' && (
                    <span className="span-type">{span.type.toLowerCase().replaceAll('_', ' ')}</span>
                  )}
                </AppLink>
              </span>
              <span className="span-time number">{durationText(span, f.duration, t.traces.stillRuns)}</span>
              <Bar span={span} end={end} />
            </li>
          ))}
        </ol>
        {rows.length > limit && (
          <div className="row">
            <Button variant="default" onClick={() => setLimit(limit + rowsStep)}>
              {t.common.loadMore}
            </Button>
            <span className="small muted">{t.common.showingOf(f.integer(limit), f.integer(rows.length))}</span>
          </div>
        )}
      </section>
      {chosen !== undefined && <SpanPanel key={chosen.id} span={chosen} />}
    </div>
  )
}

const maxIndent = 16

const durationText = ({ duration_ms }: TraceSpan, show: (value: number) => string, running: string) =>
  duration_ms === undefined ? running : show(duration_ms)

/** The place of a span in the time of the trace; its numbers stand beside it. */
function Bar({ span, end }: { readonly span: TraceSpan; readonly end: number }) {
  const { left, width } = spanBar(span, end)
  return (
    <span className="span-track" aria-hidden="true">
      <span className="span-bar" data-status={span.status} style={{ left: `${left}%`, width: `max(${width}%, 2px)` }} />
    </span>
  )
}

function Texts({ title, texts }: { readonly title: string; readonly texts: Readonly<Record<string, string>> }) {
  const entries = Object.entries(texts).sort(([first], [second]) => first.localeCompare(second))
  if (entries.length === 0) return null
  return (
    <details className="trace-texts">
      <summary>{`${title} (${entries.length})`}</summary>
      <Facts facts={entries.map(([name, value]) => ({ name, value }))} />
    </details>
  )
}
