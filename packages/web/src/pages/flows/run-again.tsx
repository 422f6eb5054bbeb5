import type { FlowRun } from '@fabrique/contract'
import { Button, Menu } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { ConfirmDialog } from '../../components/confirm-dialog.jsx'
import { Icon } from '../../components/icon.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'

type From = { readonly from: 'failed' | 'start' } | { readonly step: string }

/** Begins a run again with a step: what came before keeps its results. */
export function RunAgainButton({ run, step }: { readonly run: string; readonly step: string }) {
  const { t } = useI18n()
  const [isAsking, setAsking] = useState(false)
  return (
    <>
      <Button variant="default" leftSection={<Icon name="refresh" size={14} />} onClick={() => setAsking(true)}>
        {t.flows.again.fromThis}
      </Button>
      {isAsking && <AgainDialog run={run} from={{ step }} onClose={() => setAsking(false)} />}
    </>
  )
}

/** Runs an ended run again in a new one: from the step that failed, or from the start. */
export function RunAgainMenu({ run: { id, state } }: { readonly run: Pick<FlowRun, 'id' | 'state'> }) {
  const { t } = useI18n()
  const [asked, setAsked] = useState<'failed' | 'start'>()
  const words = t.flows.again
  const hasFailed = state.type !== 'COMPLETED'
  return (
    <>
      {hasFailed ? (
        <Menu position="bottom-end">
          <Menu.Target>
            <Button leftSection={<Icon name="refresh" size={14} />} rightSection={<Icon name="down" size={14} />}>
              {words.title}
            </Button>
          </Menu.Target>
          <Menu.Dropdown aria-label={words.title}>
            <Menu.Item onClick={() => setAsked('failed')}>{words.fromFailed}</Menu.Item>
            <Menu.Item onClick={() => setAsked('start')}>{words.fromStart}</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      ) : (
        <Button variant="default" leftSection={<Icon name="refresh" size={14} />} onClick={() => setAsked('start')}>
          {words.title}
        </Button>
      )}
      {asked !== undefined && <AgainDialog run={id} from={{ from: asked }} onClose={() => setAsked(undefined)} />}
    </>
  )
}

function AgainDialog({
  run,
  from,
  onClose,
}: {
  readonly run: string
  readonly from: From
  readonly onClose: () => void
}) {
  const { t } = useI18n()
  const words = t.flows.again
  const navigate = useNavigate()
  const again = useChange(
    (reason: string) => call('retryFlowRun', { params: { flow_run: run }, body: { reason, ...from } }),
    ['flows', 'flow-run'],
    (made) => {
      onClose()
      const to = paths.flowRun({ project: made.project, flow: made.flow, run: made.id })
      void navigate({ to: to as string } as { to: '/' })
    },
  )
  return (
    <ConfirmDialog
      title={words.title}
      confirmLabel={words.title}
      reason={{}}
      isPending={again.isPending}
      error={again.error}
      onConfirm={(reason) => again.mutate(reason)}
      onClose={onClose}
    >
      <p>{'step' in from ? words.stepText(from.step) : words.text[from.from]}</p>
    </ConfirmDialog>
  )
}
