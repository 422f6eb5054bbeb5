import type { Json, TraceSpan } from '@fabrique/contract'
import { CopyButton } from '../../components/copy-button.jsx'
import { Facts } from '../../components/facts.jsx'
import { JsonTree } from '../../components/files/json-tree.jsx'
import { ProblemPanel } from '../../components/problem-panel.jsx'
import { ScrollRegion } from '../../components/scroll-region.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { splitAttributes } from './span-tree.js'

/** Everything a span holds: what went in, what came out, its attributes and events. */
export function SpanPanel({ span }: { readonly span: TraceSpan }) {
  const { t, f } = useI18n()
  const { inputs, outputs, others } = splitAttributes(span)
  return (
    <section className="span-panel stack" aria-label={t.traces.spanOf(span.name)}>
      <h2 className="span-heading">{span.name}</h2>
      {span.status === 'ERROR' && <ProblemPanel message={span.status_message || t.traces.failed} />}
      <Facts
        facts={[
          { name: t.traces.type, value: span.type },
          { name: t.traces.offset, value: f.duration(span.offset_ms) },
          {
            name: t.traces.duration,
            value: span.duration_ms === undefined ? t.traces.stillRuns : f.duration(span.duration_ms),
          },
          {
            name: t.traces.spanId,
            value: (
              <span className="row" style={{ gap: 4 }}>
                <code>{span.id}</code>
                <CopyButton value={span.id} what={t.traces.spanId} />
              </span>
            ),
          },
        ]}
      />
      <Content title={t.traces.inputs} value={inputs} />
      <Content title={t.traces.outputs} value={outputs} />
      {others.length > 0 && (
        <div className="stack-tight">
          <h3>{t.traces.attributes}</h3>
          <Facts facts={others.map(([name, value]) => ({ name, value: <code>{short(value)}</code> }))} />
        </div>
      )}
      {span.events.length > 0 && (
        <div className="stack-tight">
          <h3>{t.traces.events}</h3>
          <ul className="stack-tight">
            {span.events.map((event) => (
              <li key={`${event.name} ${event.offset_ms}`}>
                <strong>{event.name}</strong> <span className="muted">{f.duration(event.offset_ms)}</span>
                <Content title={event.name} value={event.attributes} hidesTitle />
              </li>
            ))}
          </ul>
        </div>
      )}
    </section>
  )
}

const short = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value))

interface ContentProps {
  readonly title: string
  readonly value: Json | undefined
  readonly hidesTitle?: boolean
}

/** A value as a tree, or as text where it is one. */
function Content({ title, value, hidesTitle = false }: ContentProps) {
  const { t } = useI18n()
  if (value === undefined || value === null) return null
  return (
    <div className="stack-tight">
      {!hidesTitle && (
        <div className="spread">
          <h3>{title}</h3>
          <CopyButton value={short(value)} what={title} />
        </div>
      )}
      <ScrollRegion label={t.run.previewOf(title)} className="span-content">
        {typeof value === 'string' ? <p className="span-text">{value}</p> : <JsonTree value={value} />}
      </ScrollRegion>
    </div>
  )
}
