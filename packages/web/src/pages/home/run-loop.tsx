import { ActionIcon, Button, Popover, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { call } from '../../api/client.js'
import { Icon } from '../../components/icon.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'

interface RunLoopProps {
  readonly project: string
  readonly model: string
  readonly isBusy: boolean
}

/** Starts the loop; a reason may be given, and stands in its history. */
export function RunLoop({ project, model, isBusy }: RunLoopProps) {
  const { t } = useI18n()
  const [asksReason, setAsksReason] = useState(false)
  const [reason, setReason] = useState('')
  const client = useQueryClient()
  const start = useMutation({
    mutationFn: (given: string) => call('startLoop', { params: { project, model }, body: { reason: given } }),
    onSuccess: () => {
      setAsksReason(false)
      setReason('')
      return client.invalidateQueries({ queryKey: ['loops', project] })
    },
  })
  const blocked = isBusy || start.isPending
  const submit = (event: FormEvent) => {
    event.preventDefault()
    start.mutate(reason.trim())
  }
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
        <Popover opened={asksReason} onChange={setAsksReason} position="bottom-end" trapFocus returnFocus width={320}>
          <Popover.Target>
            <ActionIcon
              variant="default"
              disabled={blocked}
              aria-label={t.home.runLoopWithReason}
              aria-expanded={asksReason}
              onClick={() => setAsksReason((is) => !is)}
            >
              <Icon name="down" size={14} />
            </ActionIcon>
          </Popover.Target>
          <Popover.Dropdown aria-label={t.home.runLoopWithReason}>
            <form className="stack-tight" onSubmit={submit}>
              <TextInput
                label={t.home.reason}
                placeholder={t.home.reasonPlaceholder}
                maxLength={500}
                value={reason}
                onChange={(event) => setReason(event.currentTarget.value)}
                data-autofocus
              />
              <div className="row">
                <Button type="submit" disabled={blocked}>
                  {t.home.start}
                </Button>
                <Button variant="subtle" onClick={() => setAsksReason(false)}>
                  {t.common.cancel}
                </Button>
              </div>
            </form>
          </Popover.Dropdown>
        </Popover>
      </div>
      <span role="status" className="visually-hidden">
        {start.isSuccess ? t.home.started : ''}
      </span>
      {start.error !== null && <FailurePanel error={start.error} />}
    </div>
  )
}
