import type { Job } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { useI18n } from '../../i18n/use-i18n.jsx'

/** Asks an open job to stop; nothing where it is over. */
export function CancelJob({ job }: { readonly job: Job }) {
  const { t } = useI18n()
  const cancel = useChange(
    () => call('cancelJob', { params: { job: job.id }, body: { reason: '' } }),
    ['jobs', 'datasets'],
  )
  if (job.state !== 'queued' && job.state !== 'running') return null
  return (
    <Button
      variant="subtle"
      size="compact-sm"
      loading={cancel.isPending}
      disabled={job.cancel_requested}
      onClick={() => cancel.mutate(undefined)}
    >
      {job.cancel_requested ? t.jobs.stopping : t.jobs.stop}
    </Button>
  )
}
