import { Textarea, TextInput } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { FormDialog } from '../../components/form-dialog.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'

/** Registers a name, so that versions can be registered under it later. */
export function CreateModel({ onClose }: { readonly onClose: () => void }) {
  const { t } = useI18n()
  const navigate = useNavigate()
  const [name, setName] = useState('')
  const [description, setDescription] = useState('')
  const create = useChange(
    () => call('createModel', { body: { name: name.trim(), description: description.trim() } }),
    ['models'],
    (made) => navigate({ to: paths.model({ model: made.name }) } as never),
  )
  return (
    <FormDialog
      title={t.models.create}
      submitLabel={t.models.create}
      maySubmit={name.trim() !== ''}
      isPending={create.isPending}
      error={create.error}
      onSubmit={() => create.mutate(undefined)}
      onClose={onClose}
    >
      <TextInput
        label={t.models.name}
        description={t.models.createHelp}
        value={name}
        maxLength={256}
        autoComplete="off"
        onChange={(event) => setName(event.currentTarget.value)}
        data-autofocus
      />
      <Textarea
        label={t.edit.description}
        rows={3}
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
    </FormDialog>
  )
}
