import type { Run } from '@fabrique/contract'
import { NativeSelect, Textarea, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useId, useState } from 'react'
import { call } from '../../api/client.js'
import { queries } from '../../api/queries.js'
import { useChange } from '../../api/use-change.js'
import { FormDialog } from '../../components/form-dialog.jsx'
import { ReasonField } from '../../components/reason-field.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { modelSources, registerBody } from './model-sources.js'

interface RegisterModelProps {
  readonly run: Run
  /** Folders of its artifacts that hold a model. */
  readonly folders: readonly string[]
  /** The folder to begin with. */
  readonly folder?: string
  readonly onClose: () => void
}

/** Registers a model that the run logged as the next version of a name, which may be new. */
export function RegisterModel({ run, folders, folder, onClose }: RegisterModelProps) {
  const { t } = useI18n()
  const listId = useId()
  const navigate = useNavigate()
  const known = useQuery(queries.models()).data?.items ?? []
  const sources = modelSources(run, folders)
  const [source, setSource] = useState(sources.find(({ label }) => label === folder)?.id ?? sources[0]?.id ?? '')
  const [model, setModel] = useState('')
  const [description, setDescription] = useState('')
  const [reason, setReason] = useState('')
  const register = useChange(
    () =>
      call('createModelVersion', {
        params: { model: model.trim() },
        body: { ...registerBody(run, sources, source), description: description.trim(), reason: reason.trim() },
      }),
    ['models', 'run', 'runs'],
    ({ model: name, version }) => navigate({ to: paths.modelVersion({ model: name, version }) } as never),
  )
  const isNew = model.trim() !== '' && !known.some(({ name }) => name === model.trim())
  return (
    <FormDialog
      title={t.run.registerTitle(run.name || run.id.slice(0, 8))}
      size="lg"
      submitLabel={t.run.register}
      maySubmit={model.trim() !== ''}
      isPending={register.isPending}
      error={register.error}
      onSubmit={() => register.mutate(undefined)}
      onClose={onClose}
    >
      <NativeSelect
        label={t.run.registerSource}
        value={source}
        data={sources.map(({ id, label }) => ({ value: id, label: label === '' ? '/' : label }))}
        onChange={(event) => setSource(event.currentTarget.value)}
      />
      <TextInput
        label={t.run.registerName}
        description={isNew ? t.run.registerNew : t.run.registerNameHelp}
        list={listId}
        value={model}
        maxLength={256}
        autoComplete="off"
        onChange={(event) => setModel(event.currentTarget.value)}
        data-autofocus
      />
      <datalist id={listId}>
        {known.map(({ name }) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <Textarea
        label={t.edit.description}
        rows={2}
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
      <ReasonField value={reason} onChange={setReason} />
    </FormDialog>
  )
}
