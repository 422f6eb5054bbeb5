import type { Monitor } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { Icon } from '../../components/icon.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'

interface RunButtonProps {
  readonly monitor: Pick<Monitor, 'name' | 'job_id'>
  readonly variant?: 'default' | 'filled'
  /** Told once the run is asked for. */
  readonly onAsked?: () => void
}

/** Compares now; the report comes by itself. */
export function RunButton({ monitor: { name, job_id: job }, variant = 'default', onAsked }: RunButtonProps) {
  const { t } = useI18n()
  const run = useChange(
    () => call('runMonitor', { params: { monitor: name }, body: {} }),
    ['monitors', 'jobs'],
    () => onAsked?.(),
  )
  return (
    <>
      <Button
        variant={variant}
        leftSection={<Icon name="play" size={14} />}
        aria-label={t.common.labelled(t.monitoring.run, name)}
        loading={run.isPending}
        disabled={job !== undefined}
        title={job === undefined ? undefined : t.monitoring.running}
        onClick={() => run.mutate(undefined)}
      >
        {t.monitoring.run}
      </Button>
      {run.error !== null && <FailurePanel error={run.error} onRetry={() => run.mutate(undefined)} />}
    </>
  )
}
