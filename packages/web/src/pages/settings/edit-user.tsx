import type { User } from '@fabrique/contract'
import { Checkbox } from '@mantine/core'
import { useState } from 'react'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { FormDialog } from '../../components/form-dialog.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { ModelGrants } from './model-grants.jsx'
import { RoleChoice } from './role-choice.jsx'

/** What a user may, and whether at all. */
export function EditUser({ user, onClose }: { readonly user: User; readonly onClose: () => void }) {
  const { t } = useI18n()
  const [role, setRole] = useState(user.role)
  const [models, setModels] = useState<readonly string[] | null>(user.models)
  const [isActive, setActive] = useState(user.is_active)
  const change = useChange(
    () =>
      call('updateUser', {
        params: { user: user.name },
        body: { role, models: models && [...models], is_active: isActive },
      }),
    ['users', 'user'],
    onClose,
  )
  return (
    <FormDialog
      title={t.users.editOf(user.name)}
      submitLabel={t.access.save}
      maySubmit
      isPending={change.isPending}
      error={change.error}
      onSubmit={() => change.mutate(undefined)}
      onClose={onClose}
    >
      <RoleChoice value={role} onChange={setRole} />
      {user.provider !== undefined && <p className="small muted">{t.users.providerRole}</p>}
      <ModelGrants value={models} onChange={setModels} />
      <Checkbox
        label={t.users.mayLogIn}
        description={t.users.mayLogInHelp}
        checked={isActive}
        onChange={({ currentTarget }) => setActive(currentTarget.checked)}
      />
    </FormDialog>
  )
}
