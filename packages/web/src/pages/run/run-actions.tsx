import type { Run } from '@fabrique/contract'
import { ActionIcon, Button, Menu } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api/client.js'
import { queries } from '../../api/queries.js'
import { useChange } from '../../api/use-change.js'
import { modelFolders } from '../../components/files/file-tree.js'
import { Icon } from '../../components/icon.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { RegisterModel } from './register-model.jsx'

/** What can be done with a run: register a model of it, or delete it. Deleting can be undone, so nothing is asked. */
export function RunActions({ run }: { readonly run: Run }) {
  const { t } = useI18n()
  const [isRegistering, setRegistering] = useState(false)
  const artifacts = useQuery(queries.artifacts(run.id))
  const remove = useChange(
    () => call('deleteRuns', { body: { run_ids: [run.id] } }),
    ['run', 'runs', 'trash', 'experiments'],
  )
  const folders = modelFolders(artifacts.data?.items ?? [])
  const hasModel = folders.length > 0 || (run.logged_models?.length ?? 0) > 0
  return (
    <>
      {hasModel && (
        <Button
          variant={run.model_versions.length === 0 ? 'filled' : 'default'}
          leftSection={<Icon name="models" size={14} />}
          onClick={() => setRegistering(true)}
        >
          {t.run.register}
        </Button>
      )}
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" aria-label={t.edit.moreActions} loading={remove.isPending}>
            <Icon name="more" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown aria-label={t.edit.moreActions}>
          <Menu.Item leftSection={<Icon name="trash" size={14} />} onClick={() => remove.mutate(undefined)}>
            {t.run.deleteRun}
          </Menu.Item>
          <p className="menu-note">{t.run.deleteNote}</p>
        </Menu.Dropdown>
      </Menu>
      {remove.error !== null && <FailurePanel error={remove.error} />}
      {isRegistering && <RegisterModel run={run} folders={folders} onClose={() => setRegistering(false)} />}
    </>
  )
}
