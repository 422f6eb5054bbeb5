import { Checkbox, TextInput } from '@mantine/core'
import { useState } from 'react'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { FormDialog } from '../../components/form-dialog.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'

/** Names a folder or a bucket to share snapshots in. */
export function AddRemote({ onClose }: { readonly onClose: () => void }) {
  const { t } = useI18n()
  const [fields, setFields] = useState({ name: '', url: '', endpoint: '', region: '', is_default: true })
  const [name, url, endpoint, region] = [fields.name, fields.url, fields.endpoint, fields.region].map((text) =>
    text.trim(),
  ) as [string, string, string, string]
  const add = useChange(
    () =>
      call('putRemote', {
        params: { remote: name },
        body: {
          url,
          is_default: fields.is_default,
          ...(endpoint === '' ? {} : { endpoint }),
          ...(region === '' ? {} : { region }),
        },
      }),
    ['remotes'],
    onClose,
  )
  const text = (key: 'name' | 'url' | 'endpoint' | 'region') => ({
    value: fields[key],
    autoComplete: 'off',
    spellCheck: false,
    onChange: (event: { readonly currentTarget: HTMLInputElement }) => {
      const { value } = event.currentTarget
      setFields((before) => ({ ...before, [key]: value }))
    },
  })
  const isBucket = url.startsWith('s3://')
  return (
    <FormDialog
      title={t.remotes.add}
      submitLabel={t.remotes.save}
      maySubmit={name !== '' && url !== ''}
      isPending={add.isPending}
      error={add.error}
      onSubmit={() => add.mutate(undefined)}
      onClose={onClose}
    >
      <TextInput label={t.remotes.name} placeholder="origin" data-autofocus {...text('name')} />
      <TextInput
        label={t.remotes.place}
        description={t.remotes.placeHelp}
        placeholder="s3://bucket/prefix"
        {...text('url')}
      />
      {isBucket && (
        <>
          <TextInput
            label={t.remotes.endpoint}
            description={t.remotes.endpointHelp}
            placeholder="http://127.0.0.1:9000"
            {...text('endpoint')}
          />
          <TextInput label={t.remotes.region} {...text('region')} />
        </>
      )}
      <Checkbox
        label={t.remotes.makeDefault}
        checked={fields.is_default}
        onChange={(event) => {
          const { checked } = event.currentTarget
          setFields((before) => ({ ...before, is_default: checked }))
        }}
      />
    </FormDialog>
  )
}
