import type { Monitor } from '@fabrique/contract'
import { ActionIcon, Button, Menu } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { ConfirmDialog } from '../../components/confirm-dialog.jsx'
import { Icon } from '../../components/icon.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { MakeMonitor } from './make-monitor.jsx'
import { RunButton } from './run-button.jsx'
import { RunWith } from './run-with.jsx'

interface MonitorActionsProps {
  readonly monitor: Monitor
  readonly onAsked: () => void
}

/** What can be done with a monitor: run it, switch it, and where no project declares it, change and delete it. */
export function MonitorActions({ monitor, onAsked }: MonitorActionsProps) {
  const { t } = useI18n()
  const words = t.monitoring
  const { name, enabled, source } = monitor
  const [open, setOpen] = useState<'run' | 'edit' | 'delete'>()
  const close = () => setOpen(undefined)
  const flip = useChange(
    () => call('switchMonitor', { params: { monitor: name }, body: { enabled: !enabled } }),
    ['monitors'],
  )
  return (
    <>
      <Button variant="default" onClick={() => setOpen('run')}>
        {words.runWith}
      </Button>
      <RunButton monitor={monitor} variant="filled" onAsked={onAsked} />
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" aria-label={t.edit.moreActions}>
            <Icon name="more" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown aria-label={t.edit.moreActions}>
          <Menu.Item
            leftSection={<Icon name={enabled ? 'pause' : 'play'} size={14} />}
            onClick={() => flip.mutate(undefined)}
          >
            {enabled ? words.switchOff : words.switchOn}
          </Menu.Item>
          {source === 'api' && (
            <>
              <Menu.Item leftSection={<Icon name="edit" size={14} />} onClick={() => setOpen('edit')}>
                {words.edit}
              </Menu.Item>
              <Menu.Item leftSection={<Icon name="trash" size={14} />} onClick={() => setOpen('delete')}>
                {words.remove}
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      {flip.error !== null && <FailurePanel error={flip.error} onRetry={() => flip.mutate(undefined)} />}
      {open === 'run' && <RunWith monitor={monitor} onAsked={onAsked} onClose={close} />}
      {open === 'edit' && <MakeMonitor monitor={monitor} onClose={close} />}
      {open === 'delete' && <DeleteMonitor monitor={name} onClose={close} />}
    </>
  )
}

function DeleteMonitor({ monitor, onClose }: { readonly monitor: string; readonly onClose: () => void }) {
  const { t } = useI18n()
  const words = t.monitoring
  const navigate = useNavigate()
  const remove = useChange(
    () => call('deleteMonitor', { params: { monitor } }),
    ['monitors'],
    () => navigate({ to: paths.monitoring() } as never),
  )
  return (
    <ConfirmDialog
      title={words.removeTitle(monitor)}
      confirmLabel={t.edit.deleteForGood}
      mustType={monitor}
      isDangerous
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate(undefined)}
      onClose={onClose}
    >
      <p>{words.removeText}</p>
    </ConfirmDialog>
  )
}
