import type { Monitor, MonitorCurrent, MonitorReference, MonitorSegment } from '@fabrique/contract'
import type { ReactNode } from 'react'
import { Facts } from '../../components/facts.jsx'
import { Moment } from '../../components/moment.jsx'
import { Snippet } from '../../components/snippet.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { embeddingsText } from './embedding-lines.js'
import { boundText, metricText } from './metric-text.js'
import { type ScheduleChoice, scheduleChoiceOf } from './monitor-draft.js'
import { watchesText } from './state-text.js'

/** How a monitor is set: in words, then whole as it is declared. */
export function SettingsPart({ monitor }: { readonly monitor: Monitor }) {
  const { t, f } = useI18n()
  const words = t.monitoring
  const { definition, source, project } = monitor
  const { mode, rows_min: rowsMin, columns, schedule, after_snapshot: after, actions, checks } = definition
  const times = [
    ...(schedule === undefined ? [] : [scheduleWords(schedule, words.form.schedules)]),
    ...(after ? [words.afterSnapshot] : []),
  ]
  return (
    <div className="stack report">
      {source === 'project' && <p className="muted">{words.declared(project)}</p>}
      <Facts
        facts={[
          { name: words.form.what, value: <Current current={definition.current} monitor={monitor} /> },
          { name: words.form.with, value: referenceText(definition.reference, words.form) },
          { name: words.form.mode, value: words.form.modes[mode] },
          { name: words.form.columns, value: columns === undefined ? words.allColumns : columns.join(', ') },
          {
            name: words.form.embeddings,
            value: listOr(
              embeddingsText(definition)
                .split('\n')
                .filter((line) => line !== ''),
              t.common.none,
            ),
          },
          { name: words.form.rowsMin, value: f.integer(rowsMin) },
          {
            name: words.together,
            value: (definition.multivariate ?? false) === false ? t.common.none : words.form.together,
          },
          {
            name: words.form.segments,
            value: listOr((definition.segments ?? []).map(segmentText), t.common.none),
          },
          { name: words.form.schedule, value: times.length === 0 ? words.byHand : times.join(', ') },
          {
            name: words.form.limits,
            value: listOr(
              checks.map((check) => `${metricText(check, t)}, ${boundText(check, t, f)}`),
              t.common.none,
            ),
          },
          {
            name: words.form.actions,
            value: listOr(
              actions.map(
                (action) =>
                  `${words.doings[action.do]}${action.do === 'flow' ? ` ${action.flow}` : ''}, ${words.form.fromLevels[action.from].toLowerCase()}`,
              ),
              t.common.none,
            ),
          },
          { name: words.form.coolDown, value: f.decimal(definition.cool_down_minutes) },
          { name: words.made, value: <Made monitor={monitor} /> },
        ]}
      />
      <details className="chart-table">
        <summary>{words.asDefinition}</summary>
        <Snippet title={words.asJson} hideTitle code={JSON.stringify(definition, null, 2)} />
      </details>
    </div>
  )
}

const segmentText = (segment: MonitorSegment): string => {
  if (typeof segment === 'string') return segment
  const { column, edges = [] } = segment
  return edges.length === 0 ? column : `${column} (${edges.join(' | ')})`
}

function Current({ current, monitor }: { readonly current: MonitorCurrent; readonly monitor: Monitor }) {
  const { t, f } = useI18n()
  const text = watchesText(monitor, t)
  return current.kind === 'snapshot'
    ? text
    : `${text}, ${t.monitoring.form.days.toLowerCase()} ${f.decimal(current.days)}`
}

function scheduleWords(
  { cron, timezone }: NonNullable<Monitor['definition']['schedule']>,
  words: Readonly<Record<ScheduleChoice, string>>,
): string {
  const choice = scheduleChoiceOf(cron)
  return `${choice === 'cron' ? `cron ${cron}` : words[choice]} (${timezone})`
}

function referenceText(
  reference: MonitorReference,
  words: ReturnType<typeof useI18n>['t']['monitoring']['form'],
): string {
  const name = words.withs[reference.kind]
  if (reference.kind === 'training') return `${name}, @${reference.alias}`
  if (reference.kind === 'snapshot') return `${name}, ${reference.snapshot}`
  return `${name}, ${words.ofPeriod.toLowerCase()} ${reference.days}, ${words.offset.toLowerCase()} ${reference.offset_days}`
}

function listOr(items: readonly string[], none: string): ReactNode {
  if (items.length === 0) return <span className="muted">{none}</span>
  return (
    <ul>
      {items.map((item) => (
        <li key={item}>{item}</li>
      ))}
    </ul>
  )
}

function Made({ monitor }: { readonly monitor: Monitor }) {
  const { t } = useI18n()
  return (
    <>
      <Moment at={monitor.created_at} /> <span className="muted">{t.common.by(monitor.created_by)}</span>
    </>
  )
}
