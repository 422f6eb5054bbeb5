import type { ModelStage, ModelVersion } from '@fabrique/contract'
import { ActionIcon, Checkbox, Menu, NativeSelect } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { ConfirmDialog } from '../../components/confirm-dialog.jsx'
import { FormDialog } from '../../components/form-dialog.jsx'
import { Icon } from '../../components/icon.jsx'
import { ReasonField } from '../../components/reason-field.jsx'
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
  return (
    <FormDialog
      title={t.models.changeStage}
      submitLabel={t.edit.save}
      maySubmit={stage !== before || archives}
      isPending={change.isPending}
      error={change.error}
      onSubmit={() => change.mutate(undefined)}
      onClose={onClose}
    >
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
      <ReasonField value={reason} onChange={setReason} />
    </FormDialog>
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
