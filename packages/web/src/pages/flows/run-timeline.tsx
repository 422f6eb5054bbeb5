import type { FlowAttempt } from '@fabrique/contract'
import { getRouteApi } from '@tanstack/react-router'
import { AppLink } from '../../components/app-link.jsx'
import { useNow } from '../../components/use-now.js'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import type { Steps } from './flow-queries.js'
import { type TimelineRow, timelineOf } from './timeline.js'

const route = getRouteApi(patterns.flowRun)
/** Rows that are drawn; how many there are is said, and the list of steps has all. */
const rowsMax = 300
/** From this share of the axis on, the text of a tick stands before it. */
const tickEnd = 0.85

/** When each step ran, attempt by attempt; what runs goes on to now. */
export function RunTimeline({ steps }: { readonly steps: Steps }) {
  const { t, f } = useI18n()
  const now = useNow(1000)
  const { rows, totalMs, ticksMs } = timelineOf(steps.items, now)
  if (rows.length === 0) return <p className="muted">{t.flows.steps.none}</p>
  return (
    <div className="stack-tight">
      {rows.length > rowsMax && (
        <p className="small muted">{t.common.showingOf(f.integer(rowsMax), f.integer(rows.length))}</p>
      )}
      <div className="timeline">
        <div className="timeline-row timeline-axis" aria-hidden="true">
          <span />
          <div className="timeline-track">
            {ticksMs.map((ms) => (
              <span
                key={ms}
                className="timeline-tick"
                // The text of a tick at the end would stand beyond it.
                data-end={ms / totalMs > tickEnd || undefined}
                style={{ left: `${(ms / totalMs) * 100}%` }}
              >
                {ms === 0 ? '0' : f.duration(ms)}
              </span>
            ))}
          </div>
        </div>
        <ol>
          {rows.slice(0, rowsMax).map((row) => (
            <Row key={row.step.name} row={row} />
          ))}
        </ol>
      </div>
    </div>
  )
}

function Row({ row: { step, spans } }: { readonly row: TimelineRow }) {
  const { t, f } = useI18n()
  const params = route.useParams()
  const label = ({ attempt, ms }: { readonly attempt: FlowAttempt; readonly ms: number }) =>
    `${t.flows.attempt(attempt.attempt)}: ${t.flows.attemptStates[attempt.state]}, ${f.duration(ms)}`
  return (
    <li className="timeline-row">
      <AppLink
        to={paths.flowRun(params)}
        search={step.kind === 'map' ? { tab: 'steps', map: step.name } : { tab: 'steps', step: step.name }}
        className="timeline-name"
        title={step.name}
      >
        {step.name}
      </AppLink>
      <div className="timeline-track">
        {spans.map((span) => (
          <span
            key={span.attempt.attempt}
            className="timeline-span"
            data-state={span.attempt.state}
            title={label(span)}
            style={{ left: `${span.left}%`, width: `${span.width}%` }}
          />
        ))}
        <span className="visually-hidden">{spans.map(label).join('; ')}</span>
      </div>
    </li>
  )
}
