import type { PasswordLink } from '@fabrique/contract'
import { useState } from 'react'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { ConfirmDialog } from '../../components/confirm-dialog.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { SecretDialog } from './secret-dialog.jsx'

interface MakeLinkProps {
  readonly name: string
  readonly onClose: () => void
}

/** Makes a link by which a user chooses a password, and shows it. */
export function MakeLink({ name, onClose }: MakeLinkProps) {
  const { t } = useI18n()
  const [made, setMade] = useState<PasswordLink>()
  const make = useChange(() => call('makePasswordLink', { params: { user: name } }), ['users'], setMade)
  if (made !== undefined) return <ShownLink link={made} onClose={onClose} />
  return (
    <ConfirmDialog
      title={t.users.linkOf(name)}
      confirmLabel={t.users.makeLink}
      isPending={make.isPending}
      error={make.error}
      onConfirm={() => make.mutate(undefined)}
      onClose={onClose}
    >
      <p>{t.users.linkText(name)}</p>
    </ConfirmDialog>
  )
}

/** The secret stands after the #, which a browser sends to nobody. */
export function ShownLink({ link, onClose }: { readonly link: PasswordLink; readonly onClose: () => void }) {
  const { t, f } = useI18n()
  return (
    <SecretDialog
      title={t.users.linkOf(link.user)}
      what={t.users.link}
      secret={`${window.location.origin}${paths.login()}#password=${link.link}`}
      onClose={onClose}
    >
      <p>
        {t.users.linkMade(link.user)} {t.users.linkUntil(f.moment(link.expires_at))}
      </p>
    </SecretDialog>
  )
}
