import type { Flow } from '@fabrique/contract'
import { Icon } from '../../components/icon.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { scheduleText } from './schedule-text.js'

/** What starts a flow by itself, in words: schedules, then triggers; a schedule that cannot fire says why. */
export function ScheduleWords({ flow: { schedules, definition } }: { readonly flow: Flow }) {
  const { t, f, language } = useI18n()
  const words = [
    ...schedules.map((schedule) => ({
      key: `schedule ${schedule.name}`,
      text: scheduleText(schedule, language, t, f),
      error: schedule.error,
    })),
    ...definition.triggers.map((trigger) => ({
      key: `trigger ${trigger.name}`,
      text: trigger.kind === 'event' ? t.flows.onEvent(trigger.event) : t.flows.onWebhook(trigger.name),
      error: undefined,
    })),
  ]
  if (words.length === 0) return <span className="muted">{t.flows.byHand}</span>
  return (
    <ul>
      {words.map(({ key, text, error }) => (
        <li key={key}>
          {text}
          {error !== undefined && (
            <span className="state tone-failure" title={error}>
              <Icon name="warning" size={14} />
              <span>{error}</span>
            </span>
          )}
        </li>
      ))}
    </ul>
  )
}
