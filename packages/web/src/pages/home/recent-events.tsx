import type { EventMessage } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { Icon } from '../../components/icon.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { describeEvent, type EventText } from './describe-event.js'
import './recent-events.css'

const shownEvents = 12

const noisyKinds = new Set(['artifact.written', 'artifact.deleted', 'experiment.changed'])

/** Details that come by the dozen: what a run logs, that a monitor is at work, that a flow begins, and each step of a loop that is on its way. */
function isNoisy({ kind, payload }: EventMessage): boolean {
  if (kind === 'run.changed') return !String(payload.change).startsWith('status')
  // A run of a monitor ends with its report.
  if (kind === 'job.changed') return payload.kind === 'monitors.run' && payload.state !== 'failed'
  // The loop of a model tells its own story.
  if (kind === 'flow_run.changed')
    return payload.flow === 'loop' || payload.state === 'SCHEDULED' || payload.state === 'RUNNING'
  return noisyKinds.has(kind) || (kind === 'loop.changed' && payload.state === 'running')
}

interface Entry extends EventText {
  readonly event: EventMessage
  readonly count: number
}

/** What happened lately, newest first; the same text in a row is told once, with how often. */
export function RecentEvents() {
  const { t } = useI18n()
  const query = useQuery(queries.events(200))
  const entries = (items: readonly EventMessage[]): readonly Entry[] => {
    const told: Entry[] = []
    for (const event of items) {
      if (isNoisy(event)) continue
      const text = describeEvent(event, t)
      const last = told.at(-1)
      if (last?.text === text.text) told[told.length - 1] = { ...last, count: last.count + 1 }
      else told.push({ ...text, event, count: 1 })
    }
    return told.slice(0, shownEvents)
  }
  return (
    <section className="stack-tight" aria-labelledby="events-title">
      <h2 id="events-title">{t.home.events}</h2>
      <Load query={query} lines={8}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="muted">{t.home.noEvents}</p>
          ) : (
            <ul className="events">
              {entries(items).map((entry) => (
                <Event key={entry.event.id} {...entry} />
              ))}
            </ul>
          )
        }
      </Load>
    </section>
  )
}

function Event({ event, text, to, isBad, count }: Entry) {
  const { t } = useI18n()
  return (
    <li className="event" data-bad={isBad || undefined}>
      <Icon name={isBad ? 'warning' : 'dot'} size={14} />
      <span className="event-text">
        {to === undefined ? text : <AppLink to={to}>{text}</AppLink>}
        {count > 1 && <span className="muted"> · {t.events.times(count)}</span>}
      </span>
      <span className="event-actor">{event.actor}</span>
      <Moment at={event.at} />
    </li>
  )
}
