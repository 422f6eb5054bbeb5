import type { ModelStage, ModelVersion } from '@fabrique/contract'
import { ActionIcon, Button, Checkbox, Menu, Modal, NativeSelect, TextInput } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { ConfirmDialog } from '../../components/confirm-dialog.jsx'
import { Icon } from '../../components/icon.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'

const stages: readonly ModelStage[] = ['None', 'Staging', 'Production', 'Archived']

/** Putting a version into a stage, and deleting it. */
export function VersionActions({ version }: { readonly version: ModelVersion }) {
  const { t } = useI18n()
  const [asked, setAsked] = useState<'stage' | 'delete'>()
  const close = () => setAsked(undefined)
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" aria-label={t.edit.moreActions}>
            <Icon name="more" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown aria-label={t.edit.moreActions}>
          <Menu.Item leftSection={<Icon name="tag" size={14} />} onClick={() => setAsked('stage')}>
            {t.models.changeStage}
          </Menu.Item>
          <Menu.Item leftSection={<Icon name="trash" size={14} />} onClick={() => setAsked('delete')}>
            {t.models.deleteVersion}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {asked === 'stage' && <StageDialog version={version} onClose={close} />}
      {asked === 'delete' && <DeleteDialog version={version} onClose={close} />}
    </>
  )
}

interface DialogProps {
  readonly version: ModelVersion
  readonly onClose: () => void
}

function StageDialog({ version: { model, version, stage: before }, onClose }: DialogProps) {
  const { t } = useI18n()
  const [stage, setStage] = useState<ModelStage>(before)
  const [archives, setArchives] = useState(false)
  const [reason, setReason] = useState('')
  const isActive = stage === 'Staging' || stage === 'Production'
  const change = useChange(
    () =>
      call('updateModelVersion', {
        params: { model, version },
        body: { stage, archive_existing: isActive && archives, reason: reason.trim() },
      }),
    ['models'],
    onClose,
  )
  const submit = (event: FormEvent) => {
    event.preventDefault()
    change.mutate(undefined)
  }
  return (
    <Modal opened onClose={onClose} title={t.models.changeStage} closeButtonProps={{ 'aria-label': t.common.close }}>
      <form className="stack" onSubmit={submit} noValidate>
        <p className="muted">{t.models.stageNote}</p>
        <NativeSelect
          label={t.models.stage}
          value={stage}
          data={stages.map((value) => ({ value, label: t.models.stages[value] }))}
          onChange={({ currentTarget: { value } }) => setStage(stages.find((each) => each === value) ?? 'None')}
          data-autofocus
        />
        {isActive && (
          <Checkbox
            label={t.models.archiveExisting(t.models.stages[stage])}
            checked={archives}
            onChange={(event) => setArchives(event.currentTarget.checked)}
          />
        )}
        <TextInput
          label={t.models.reason}
          description={t.models.reasonHelp}
          maxLength={1000}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        {change.error !== null && <FailurePanel error={change.error} />}
        <div className="row">
          <Button type="submit" disabled={stage === before && !archives} loading={change.isPending}>
            {t.edit.save}
          </Button>
          <Button variant="default" onClick={onClose}>
            {t.common.cancel}
          </Button>
        </div>
      </form>
    </Modal>
  )
}

function DeleteDialog({ version: { model, version, aliases }, onClose }: DialogProps) {
  const { t } = useI18n()
  const navigate = useNavigate()
  const remove = useChange(
    (reason: string) => call('deleteModelVersion', { params: { model, version }, body: { reason } }),
    ['models', 'endpoints', 'loops', 'status', 'run'],
    () => navigate({ to: paths.model({ model }) } as never),
  )
  return (
    <ConfirmDialog
      title={t.models.deleteVersionTitle(model, version)}
      confirmLabel={t.edit.deleteForGood}
      mustType={`${model}/${version}`}
      reason={{}}
      isDangerous
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={(reason) => remove.mutate(reason)}
      onClose={onClose}
    >
      <p>{t.models.deleteVersionText}</p>
      {aliases.length > 0 && (
        <p className="tone-warning">{t.models.deleteAliases(aliases.map((alias) => `@${alias}`).join(', '))}</p>
      )}
    </ConfirmDialog>
  )
}
