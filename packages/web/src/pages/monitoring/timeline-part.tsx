import type { Monitor, TimelineEntry } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import { AppLink, type LinkSearch } from '../../components/app-link.jsx'
import { Icon, type IconName } from '../../components/icon.jsx'
import { Load } from '../../components/load.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { type AppPath, paths } from '../../routing/paths.js'
import { groupByDay } from './group-by-day.js'
import { monitoringQueries } from './monitoring-queries.js'

const icons: Readonly<Record<TimelineEntry['kind'], IconName>> = {
  report: 'pulse',
  finding_opened: 'alarm',
  finding_acknowledged: 'person',
  finding_resolved: 'check',
  action: 'play',
  flow_run: 'flow',
  loop: 'flow',
  version_registered: 'models',
  alias_moved: 'bookmark',
  rollout: 'endpoints',
  snapshot: 'datasets',
  monitor_changed: 'settings',
}

/** States that need a look, of reports, flows and loops alike. */
const badStates = new Set(['alarm', 'failed', 'FAILED', 'CRASHED'])

/** From the shift to the decision: who did what when, the newest first. */
export function TimelinePart({ monitor }: { readonly monitor: Monitor }) {
  const { t } = useI18n()
  const words = t.monitoring
  const query = useQuery(monitoringQueries.timeline(monitor.name))
  return (
    <Load query={query} lines={8}>
      {({ items }) =>
        items.length === 0 ? (
          <p className="muted">{words.noTimeline}</p>
        ) : (
          <div className="stack">
            <p className="muted">{words.timelineText}</p>
            {groupByDay(items).map(({ day, entries }) => (
              <Day key={day} day={day} entries={entries} monitor={monitor} />
            ))}
          </div>
        )
      }
    </Load>
  )
}

interface DayProps {
  readonly day: string
  readonly entries: readonly TimelineEntry[]
  readonly monitor: Monitor
}

function Day({ day, entries, monitor }: DayProps) {
  const { language } = useI18n()
  const name = new Intl.DateTimeFormat(language === 'fr' ? 'fr-FR' : 'en-GB', { dateStyle: 'full' }).format(
    new Date(`${day}T12:00:00`),
  )
  return (
    <section className="stack-tight" aria-label={name}>
      <h2>{name}</h2>
      <ol className="monitor-timeline">
        {entries.map((entry, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: several things may happen in one millisecond
          <Entry key={`${entry.at} ${index}`} entry={entry} monitor={monitor} />
        ))}
      </ol>
    </section>
  )
}

function Entry({ entry, monitor }: { readonly entry: TimelineEntry; readonly monitor: Monitor }) {
  const { t, f } = useI18n()
  const { at, kind, what, actor, reason, state } = entry
  const place = placeOf(entry, monitor)
  return (
    <li data-bad={(state !== undefined && badStates.has(state)) || kind === 'finding_opened' || undefined}>
      <time dateTime={at} title={f.momentUtc(at)} className="muted">
        {f.time(at)}
      </time>
      <Icon name={icons[kind]} size={14} />
      <div>
        <div>
          <span className="small muted">{t.monitoring.entryKinds[kind]}</span>{' '}
          {place === undefined ? (
            what
          ) : (
            <AppLink to={place.to} search={place.search ?? {}}>
              {what}
            </AppLink>
          )}
        </div>
        {reason !== undefined && reason !== '' && <p className="small muted clamp">{t.common.quote(reason)}</p>}
      </div>
      <span className="small muted" title={actor}>
        {actorText(actor, t.monitoring.actors)}
      </span>
    </li>
  )
}

/** Parts of Fabrique by what they are; people and keys by their names. */
function actorText(actor: string, words: { readonly flow: string; readonly monitor: string }): string {
  if (actor.startsWith('system:flow_')) return words.flow
  if (actor === 'system:monitor') return words.monitor
  return actor.startsWith('system:') ? 'Fabrique' : actor
}

interface Place {
  readonly to: AppPath
  readonly search?: LinkSearch
}

/** The page of what an entry is about. */
function placeOf(entry: TimelineEntry, { name, project: own }: Monitor): Place | undefined {
  const { kind, model, version, flow, project = own, dataset } = entry
  const { report_id: report, flow_run_id: run, rollout_id: rollout, snapshot_id: snapshot } = entry
  if (kind.startsWith('finding')) return { to: paths.monitoring(), search: { tab: 'findings', of: name, show: 'all' } }
  if (flow !== undefined && run !== undefined) return { to: paths.flowRun({ project, flow, run }) }
  if (model !== undefined && rollout !== undefined) return { to: paths.rollout({ model, rollout }) }
  if (model !== undefined && version !== undefined) return { to: paths.modelVersion({ model, version }) }
  if (dataset !== undefined && snapshot !== undefined) return { to: paths.snapshot({ project, dataset, snapshot }) }
  if (report !== undefined) return { to: paths.monitor({ monitor: name }), search: { report } }
  return model === undefined ? undefined : { to: paths.model({ model }) }
}
