import { useQuery } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { call } from '../api/client.js'
import { queries } from '../api/queries.js'
import { useChange } from '../api/use-change.js'
import { useI18n } from '../i18n/use-i18n.jsx'
import { paths } from '../routing/paths.js'
import { ChoiceMenu } from './choice-menu.jsx'

/** Who is logged in, the own account, and the way out; nothing where nobody needs to log in. */
export function AccountChoice() {
  const { t } = useI18n()
  const { history } = useRouter()
  const { data } = useQuery(queries.whoAmI())
  const logOut = useChange(
    () => call('logOut'),
    [],
    () => window.location.assign(paths.login()),
  )
  if (data?.user === undefined) return null
  const { name, role } = data.user
  return (
    <ChoiceMenu
      label={t.account.label}
      icon="person"
      shown={name}
      value={undefined}
      choices={[
        { value: 'account', label: t.account.open },
        { value: 'out', label: t.account.logOut(t.account.roles[role]) },
      ]}
      onChoose={(choice) => (choice === 'out' ? logOut.mutate(undefined) : history.push(paths.account()))}
    />
  )
}
