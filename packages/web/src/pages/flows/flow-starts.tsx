import type { Flow } from '@fabrique/contract'
import { CopyButton } from '../../components/copy-button.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { Moment } from '../../components/moment.jsx'
import { Snippet } from '../../components/snippet.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { PauseButton } from './pause-button.jsx'
import { PausedWord } from './paused-word.jsx'
import { scheduleText, spanText } from './schedule-text.js'

type Schedule = Flow['schedules'][number]

/** What starts a flow by itself: schedules, events of the platform, webhooks. */
export function FlowStarts({ flow }: { readonly flow: Flow }) {
  const { t } = useI18n()
  const words = t.flows.starts
  const events = flow.definition.triggers.filter((trigger) => trigger.kind === 'event')
  if (flow.schedules.length + flow.definition.triggers.length === 0) return <p className="muted">{words.none}</p>
  return (
    <>
      {flow.schedules.length > 0 && <Schedules flow={flow} />}
      {events.length > 0 && (
        <section className="stack-tight" aria-labelledby="flow-events">
          <h2 id="flow-events">{words.events}</h2>
          <DataTable
            label={words.events}
            rows={events}
            rowKey={({ name }) => name}
            columns={[
              { id: 'name', header: t.flows.name, render: ({ name }) => name },
              { id: 'event', header: words.event, render: ({ event }) => <code>{event}</code> },
              {
                id: 'where',
                header: words.where,
                isWide: true,
                render: ({ where }) => <Values values={where} />,
              },
              {
                id: 'params',
                header: t.flows.runs.params,
                isWide: true,
                render: ({ params, params_by_code: isByCode }) =>
                  isByCode ? words.byCode : <Values values={params} />,
              },
            ]}
          />
        </section>
      )}
      {flow.webhooks.length > 0 && <Webhooks webhooks={flow.webhooks} />}
    </>
  )
}

function Schedules({ flow }: { readonly flow: Flow }) {
  const { t, f, language } = useI18n()
  const words = t.flows.starts
  return (
    <section className="stack-tight" aria-labelledby="flow-schedules">
      <h2 id="flow-schedules">{words.schedules}</h2>
      <DataTable
        label={words.schedules}
        rows={flow.schedules}
        rowKey={({ name }) => name}
        isMarked={({ error }) => error !== undefined}
        columns={[
          { id: 'name', header: t.flows.name, render: ({ name }) => name },
          {
            id: 'when',
            header: words.when,
            isWide: true,
            render: (schedule) => (
              <div>
                {scheduleText(schedule, language, t, f)}
                {schedule.cron !== undefined && (
                  <p className="small muted">
                    <code>{schedule.cron}</code> {schedule.timezone}
                  </p>
                )}
                {schedule.error !== undefined && <p className="tone-failure small">{schedule.error}</p>}
              </div>
            ),
          },
          {
            id: 'next',
            header: t.flows.nextRun,
            render: ({ paused, next_at: next }) =>
              paused || flow.paused ? <PausedWord /> : next === undefined ? '–' : <Moment at={next} />,
          },
          {
            id: 'last',
            header: words.last,
            render: ({ last_at: last }) => (last === undefined ? '–' : <Moment at={last} />),
          },
          { id: 'overlap', header: words.overlap, isWide: true, render: ({ overlap }) => words.overlaps[overlap] },
          { id: 'catch', header: words.catchUp, isWide: true, render: (schedule) => <CatchUp schedule={schedule} /> },
          {
            id: 'params',
            header: t.flows.runs.params,
            isWide: true,
            render: ({ params, params_by_code: isByCode }) => (isByCode ? words.byCode : <Values values={params} />),
          },
          {
            id: 'pause',
            header: t.flows.pause,
            hidesHeader: true,
            isNarrow: true,
            render: (schedule) => <PauseButton flow={flow} schedule={schedule} />,
          },
        ]}
      />
    </section>
  )
}

function CatchUp({ schedule: { catch_up: policy, catch_up_window_ms: windowMs } }: { readonly schedule: Schedule }) {
  const { t, f } = useI18n()
  const words = t.flows.starts
  return policy === 'none' ? words.catchUps.none : words.within(words.catchUps[policy], spanText(windowMs, t, f))
}

function Values({ values }: { readonly values: Readonly<Record<string, unknown>> }) {
  const entries = Object.entries(values)
  if (entries.length === 0) return '–'
  return <code>{entries.map(([name, value]) => `${name} = ${JSON.stringify(value)}`).join(', ')}</code>
}

function Webhooks({ webhooks }: { readonly webhooks: Flow['webhooks'] }) {
  const { t } = useI18n()
  const words = t.flows.starts
  const [first] = webhooks
  const address = (path: string) => `${location.origin}${path}`
  return (
    <section className="stack-tight" aria-labelledby="flow-webhooks">
      <h2 id="flow-webhooks">{words.webhooks}</h2>
      <p className="muted">{words.webhookHelp}</p>
      <DataTable
        label={words.webhooks}
        rows={webhooks}
        rowKey={({ name }) => name}
        columns={[
          { id: 'name', header: t.flows.name, render: ({ name }) => name },
          {
            id: 'address',
            header: words.address,
            isWide: true,
            render: ({ name, path }) => (
              <span className="row flow-address">
                <code>{address(path)}</code>
                <CopyButton value={address(path)} what={words.addressOf(name)} />
              </span>
            ),
          },
        ]}
      />
      {first !== undefined && (
        <Snippet
          title="curl"
          code={`curl -X POST -H 'content-type: application/json' -d '{}' ${address(first.path)}`}
        />
      )}
    </section>
  )
}
