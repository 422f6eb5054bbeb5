import { ActionIcon, Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import { call } from '../../api/client.js'
import { Icon } from '../../components/icon.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'

const LoopReason = lazy(async () => ({ default: (await import('./loop-reason.jsx')).LoopReason }))

interface RunLoopProps {
  readonly project: string
  readonly model: string
  readonly isBusy: boolean
}

/** Starts the loop; a reason may be given, and stands in its history. */
export function RunLoop({ project, model, isBusy }: RunLoopProps) {
  const { t } = useI18n()
  const [asksReason, setAsksReason] = useState(false)
  const client = useQueryClient()
  const start = useMutation({
    mutationFn: (given: string) => call('startLoop', { params: { project, model }, body: { reason: given } }),
    onSuccess: () => {
      setAsksReason(false)
      return client.invalidateQueries({ queryKey: ['loops', project] })
    },
  })
  const blocked = isBusy || start.isPending
  return (
    <div className="run-loop">
      <div className="run-loop-buttons">
        <Button
          leftSection={<Icon name={isBusy ? 'running' : 'play'} size={14} />}
          disabled={blocked}
          onClick={() => start.mutate('')}
        >
          {isBusy ? t.home.running : t.home.runLoop}
        </Button>
        <ActionIcon
          variant="default"
          disabled={blocked}
          aria-label={t.home.runLoopWithReason}
          aria-haspopup="dialog"
          onClick={() => setAsksReason(true)}
        >
          <Icon name="down" size={14} />
        </ActionIcon>
      </div>
      {asksReason && (
        <Suspense>
          <LoopReason
            isPending={start.isPending}
            error={start.error}
            onStart={start.mutate}
            onClose={() => {
              setAsksReason(false)
              start.reset()
            }}
          />
        </Suspense>
      )}
      <span role="status" className="visually-hidden">
        {start.isSuccess ? t.home.started : ''}
      </span>
      {start.error !== null && !asksReason && <FailurePanel error={start.error} />}
    </div>
  )
}
