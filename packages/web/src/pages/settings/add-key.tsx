import type { NewApiKey, Permission, WhoAmI } from '@fabrique/contract'
import { NativeSelect, TextInput } from '@mantine/core'
import { useState } from 'react'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { FormDialog } from '../../components/form-dialog.jsx'
import { Snippet } from '../../components/snippet.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { CheckList, ModelGrants } from './model-grants.jsx'
import { SecretDialog } from './secret-dialog.jsx'

const lives = ['30', '90', '365', ''] as const

/** Makes a key of one's own, and shows it. */
export function AddKey({ me, onClose }: { readonly me: WhoAmI; readonly onClose: () => void }) {
  const { t } = useI18n()
  const [name, setName] = useState('')
  const [days, setDays] = useState('90')
  const [scopes, setScopes] = useState<readonly Permission[] | null>(null)
  const [models, setModels] = useState<readonly string[] | null>(null)
  const [made, setMade] = useState<NewApiKey>()
  const add = useChange(
    () =>
      call('createApiKey', {
        body: {
          name: name.trim(),
          scopes: scopes && [...scopes],
          models: models && [...models],
          expires_in_days: days === '' ? null : Number(days),
        },
      }),
    ['keys'],
    setMade,
  )
  if (made !== undefined) return <ShownKey made={made} onClose={onClose} />
  // Of an empty choice nothing could be done.
  const isChosen = scopes === null || scopes.length > 0
  return (
    <FormDialog
      title={t.keys.add}
      size="lg"
      submitLabel={t.keys.add}
      maySubmit={name.trim() !== '' && isChosen}
      isPending={add.isPending}
      error={add.error}
      onSubmit={() => add.mutate(undefined)}
      onClose={onClose}
    >
      <TextInput
        label={t.access.name}
        description={t.keys.nameHelp}
        autoComplete="off"
        maxLength={200}
        data-autofocus
        value={name}
        onChange={({ currentTarget }) => setName(currentTarget.value)}
      />
      <NativeSelect
        label={t.keys.validFor}
        value={days}
        data={lives.map((value) => ({ value, label: t.keys.days[value] }))}
        onChange={({ currentTarget }) => setDays(currentTarget.value)}
      />
      <CheckList
        label={t.keys.may}
        help={t.keys.scopesHelp}
        allLabel={t.keys.allScopes}
        find={t.keys.findScope}
        none=""
        names={me.permissions}
        value={scopes}
        onChange={setScopes}
      />
      <ModelGrants value={models} among={me.user?.models ?? null} onChange={setModels} />
    </FormDialog>
  )
}

/** The key, this once, and how a terminal uses it. */
export function ShownKey({ made, onClose }: { readonly made: NewApiKey; readonly onClose: () => void }) {
  const { t } = useI18n()
  return (
    <SecretDialog title={t.keys.made(made.api_key.name)} what={t.keys.title} secret={made.key} onClose={onClose}>
      <Snippet
        title={t.keys.use}
        code={`export FABRIQUE_API_KEY=${made.key}\nexport MLFLOW_TRACKING_TOKEN=$FABRIQUE_API_KEY`}
      />
    </SecretDialog>
  )
}
