import type { Flow } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { Icon } from '../../components/icon.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'

interface PauseButtonProps {
  readonly flow: Pick<Flow, 'project' | 'name' | 'paused'>
  /** One schedule instead of all that starts the flow. */
  readonly schedule?: { readonly name: string; readonly paused: boolean }
}

/** Stops what starts a flow by itself, or lets it start again. */
export function PauseButton({ flow: { project, name, paused }, schedule }: PauseButtonProps) {
  const { t } = useI18n()
  const isPaused = schedule?.paused ?? paused
  const change = useChange(
    () =>
      call(isPaused ? 'resumeFlow' : 'pauseFlow', {
        params: { project, flow: name },
        body: { reason: '', ...(schedule === undefined ? {} : { schedule: schedule.name }) },
      }),
    ['flows'],
  )
  const word = isPaused ? t.flows.resume : t.flows.pause
  return (
    <>
      <Button
        variant="default"
        leftSection={<Icon name={isPaused ? 'play' : 'pause'} size={14} />}
        aria-label={t.common.labelled(word, schedule?.name ?? name)}
        loading={change.isPending}
        onClick={() => change.mutate(undefined)}
      >
        {word}
      </Button>
      {change.error !== null && <FailurePanel error={change.error} onRetry={() => change.reset()} />}
    </>
  )
}
