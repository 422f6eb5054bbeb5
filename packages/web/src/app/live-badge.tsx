import { Tooltip, UnstyledButton } from '@mantine/core'
import { Icon } from '../components/icon.jsx'
import { useNow } from '../components/use-now.js'
import { useI18n } from '../i18n/use-i18n.jsx'
import { useLive } from './live-context.jsx'

/** Whether the page is live and how fresh it is; a press pauses and resumes. */
export function LiveBadge() {
  const { t, f } = useI18n()
  const { state, heardAt, togglePause } = useLive()
  const now = useNow(1000)
  const action = state === 'paused' ? t.live.resume : t.live.pause
  const ago = heardAt === 0 ? '' : f.ago(new Date(heardAt).toISOString(), Math.max(now, heardAt))
  return (
    <Tooltip label={action}>
      <UnstyledButton className="live" data-state={state} onClick={togglePause}>
        <span className="live-light" aria-hidden="true">
          {state === 'paused' && <Icon name="pause" size={12} />}
          {state === 'reconnecting' && <Icon name="running" size={12} />}
        </span>
        <span className="live-word">{t.live[state]}</span>
        {ago !== '' && <span className="live-ago">{t.live.updated(ago)}</span>}
        <span className="visually-hidden">{action}</span>
      </UnstyledButton>
    </Tooltip>
  )
}
