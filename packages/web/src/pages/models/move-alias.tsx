import type { AliasMove, RegisteredModelDetail } from '@fabrique/contract'
import { NativeSelect, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { call } from '../../api/client.js'
import { FormDialog } from '../../components/form-dialog.jsx'
import { ReasonField } from '../../components/reason-field.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { AliasPreview } from './alias-preview.jsx'

interface MoveAliasProps {
  readonly model: RegisteredModelDetail
  readonly onClose: () => void
  readonly onMoved: (move: AliasMove) => void
}

/** Points an alias to another version: what changes is shown before, the reason is kept after. */
export function MoveAlias({ model, onClose, onMoved }: MoveAliasProps) {
  const { t } = useI18n()
  const listId = useId()
  const known = Object.keys(model.aliases)
  const [alias, setAlias] = useState(known.includes('champion') ? 'champion' : (known[0] ?? 'champion'))
  const [version, setVersion] = useState(
    model.versions.find(({ aliases }) => !aliases.includes(alias))?.version ?? model.versions[0]?.version ?? '',
  )
  const [reason, setReason] = useState('')
  const client = useQueryClient()
  const move = useMutation({
    mutationFn: () =>
      call('moveAlias', {
        params: { model: model.name, alias: alias.trim() },
        body: { version, reason: reason.trim() },
      }),
    onSuccess: async (done) => {
      onMoved(done)
      const stale = new Set(['models', 'endpoints', 'loops', 'events'])
      await client.invalidateQueries({ predicate: ({ queryKey }) => stale.has(String(queryKey[0])) })
    },
  })
  const [firstHolder] = useState(() => ({ ...model.aliases }))
  const name = alias.trim()
  const meanwhile = model.alias_history.find((each) => each.alias === name)
  const hasMoved = name in firstHolder && firstHolder[name] !== model.aliases[name]
  const isSame = model.aliases[alias.trim()] === version
  return (
    <FormDialog
      title={t.models.moveAliasOf(model.name)}
      size="lg"
      submitLabel={t.models.move(alias.trim(), version)}
      maySubmit={alias.trim() !== '' && !isSame}
      isPending={move.isPending}
      error={move.error}
      onSubmit={() => move.mutate()}
      onClose={onClose}
    >
      <div className="row" style={{ alignItems: 'flex-start', gap: 16 }}>
        <TextInput
          label={t.models.alias}
          description={t.models.aliasHelp}
          list={listId}
          value={alias}
          autoComplete="off"
          error={alias.trim() === '' ? t.models.aliasNeeded : undefined}
          onChange={(event) => setAlias(event.currentTarget.value)}
          style={{ flex: '1 1 180px' }}
          data-autofocus
        />
        <datalist id={listId}>
          {known.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <NativeSelect
          label={t.models.toVersion}
          description={<>&nbsp;</>}
          value={version}
          onChange={(event) => setVersion(event.currentTarget.value)}
          data={model.versions.map((each) => ({
            value: each.version,
            label: [t.common.version(each.version), ...each.aliases.map((name) => `@${name}`)].join(' '),
          }))}
          style={{ flex: '1 1 180px' }}
        />
      </div>
      <ReasonField isLong placeholder={t.models.reasonPlaceholder} value={reason} onChange={setReason} />
      {hasMoved && meanwhile !== undefined && (
        <p className="tone-warning" role="status">
          {t.models.movedMeanwhile({ actor: meanwhile.actor, alias: name, to: meanwhile.to_version ?? '–' })}
        </p>
      )}
      <AliasPreview model={model} alias={alias.trim()} version={version} />
    </FormDialog>
  )
}
