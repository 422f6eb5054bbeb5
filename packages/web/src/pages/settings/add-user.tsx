import type { PasswordLink, UserRole } from '@fabrique/contract'
import { PasswordInput, SegmentedControl, TextInput } from '@mantine/core'
import { useId, useState } from 'react'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { FormDialog } from '../../components/form-dialog.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { ModelGrants } from './model-grants.jsx'
import { ShownLink } from './password-link.jsx'
import { RoleChoice } from './role-choice.jsx'

type Entry = 'link' | 'password'

interface AddUserProps {
  /** The first one is an admin, with a password: nobody else could make a link. */
  readonly isFirst: boolean
  readonly onClose: () => void
}

/** Makes a user, who gets in by a link, or by a password that is told. */
export function AddUser({ isFirst, onClose }: AddUserProps) {
  const { t } = useI18n()
  const [name, setName] = useState('')
  const [role, setRole] = useState<UserRole>(isFirst ? 'admin' : 'viewer')
  const [models, setModels] = useState<readonly string[] | null>(null)
  const [entry, setEntry] = useState<Entry>(isFirst ? 'password' : 'link')
  const [password, setPassword] = useState('')
  const [link, setLink] = useState<PasswordLink>()
  const add = useChange(
    async () => {
      const given = entry === 'password' ? password : null
      const user = await call('createUser', {
        body: { name: name.trim(), role, models: models && [...models], password: given },
      })
      return entry === 'link' ? call('makePasswordLink', { params: { user: user.name } }) : undefined
    },
    ['users'],
    (made) => {
      if (isFirst) window.location.assign(`${paths.login()}?next=${encodeURIComponent(paths.users())}`)
      else if (made === undefined) onClose()
      else setLink(made)
    },
  )
  if (link !== undefined) return <ShownLink link={link} onClose={onClose} />
  return (
    <FormDialog
      title={isFirst ? t.users.addFirst : t.users.add}
      submitLabel={isFirst ? t.users.addFirst : t.users.add}
      maySubmit={name.trim() !== '' && (entry === 'link' || password !== '')}
      isPending={add.isPending}
      error={add.error}
      onSubmit={() => add.mutate(undefined)}
      onClose={onClose}
    >
      {isFirst && <p className="muted">{t.users.firstText}</p>}
      <TextInput
        label={t.access.name}
        description={t.users.nameHelp}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        data-autofocus
        value={name}
        onChange={({ currentTarget }) => setName(currentTarget.value)}
      />
      {!isFirst && (
        <>
          <RoleChoice value={role} onChange={setRole} />
          <ModelGrants value={models} onChange={setModels} />
          <EntryChoice value={entry} onChange={setEntry} />
        </>
      )}
      {entry === 'password' && (
        <PasswordInput
          label={t.users.password}
          description={t.users.byPasswordHelp}
          autoComplete="new-password"
          visibilityToggleButtonProps={{ 'aria-label': t.users.showPassword, tabIndex: 0 }}
          value={password}
          onChange={({ currentTarget }) => setPassword(currentTarget.value)}
        />
      )}
    </FormDialog>
  )
}

function EntryChoice({ value, onChange }: { readonly value: Entry; readonly onChange: (entry: Entry) => void }) {
  const { t } = useI18n()
  const id = useId()
  return (
    <div className="stack-tight">
      <p id={id}>
        <strong>{t.users.entry}</strong>
      </p>
      <div>
        <SegmentedControl
          aria-labelledby={id}
          value={value}
          data={[
            { value: 'link', label: t.users.byLink },
            { value: 'password', label: t.users.byPassword },
          ]}
          onChange={onChange}
          transitionDuration={100}
        />
      </div>
      {value === 'link' && <p className="small muted">{t.users.byLinkHelp}</p>}
    </div>
  )
}
