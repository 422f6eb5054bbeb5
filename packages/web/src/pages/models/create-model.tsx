import { Button, Modal, Textarea, TextInput } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { FailurePanel } from '../../components/problem-panel.jsx'
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
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (name.trim() !== '') create.mutate(undefined)
  }
  return (
    <Modal opened onClose={onClose} title={t.models.create} closeButtonProps={{ 'aria-label': t.common.close }}>
      <form className="stack" onSubmit={submit} noValidate>
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
        {create.error !== null && <FailurePanel error={create.error} />}
        <div className="row">
          <Button type="submit" disabled={name.trim() === ''} loading={create.isPending}>
            {t.models.create}
          </Button>
          <Button variant="default" onClick={onClose}>
            {t.common.cancel}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
