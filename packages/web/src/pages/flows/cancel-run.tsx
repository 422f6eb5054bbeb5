import type { FlowRun } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { useState } from 'react'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { ConfirmDialog } from '../../components/confirm-dialog.jsx'
import { Icon } from '../../components/icon.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { shortId } from './short-id.js'

/** Cancels an open run, after a question. */
export function CancelRun({ run: { id, state } }: { readonly run: Pick<FlowRun, 'id' | 'state'> }) {
  const { t } = useI18n()
  const words = t.flows.cancel
  const [isAsking, setAsking] = useState(false)
  const cancel = useChange(
    (reason: string) => call('cancelFlowRun', { params: { flow_run: id }, body: { reason } }),
    ['flows', 'flow-run'],
    () => setAsking(false),
  )
  const isUnderWay = state.type === 'CANCELLING'
  return (
    <>
      <Button
        variant="default"
        leftSection={<Icon name="cross" size={14} />}
        disabled={isUnderWay}
        onClick={() => setAsking(true)}
      >
        {isUnderWay ? words.underWay : words.title}
      </Button>
      {isAsking && (
        <ConfirmDialog
          title={words.title}
          confirmLabel={words.title}
          isDangerous
          reason={{}}
          isPending={cancel.isPending}
          error={cancel.error}
          onConfirm={(reason) => cancel.mutate(reason)}
          onClose={() => setAsking(false)}
        >
          <p>{words.text(shortId(id))}</p>
        </ConfirmDialog>
      )}
    </>
  )
}
