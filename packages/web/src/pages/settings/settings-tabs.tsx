import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.js'
import { Tabs } from '../../components/tabs.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'

type Part = 'preferences' | 'account' | 'keys' | 'users' | 'remotes' | 'webhooks'

/** The parts of the settings; users are for who may see them. */
export function SettingsTabs({ current }: { readonly current: Part }) {
  const { t } = useI18n()
  const { data } = useQuery(queries.whoAmI())
  const { label, ...names } = t.settings.tabs
  const parts: readonly Part[] = ['preferences', 'account', 'keys', 'users', 'remotes', 'webhooks']
  const addresses = { ...paths, preferences: paths.settings }
  const isSeen = (part: Part) =>
    part !== 'users' || current === 'users' || data?.permissions.includes('users.read') === true
  return (
    <Tabs
      label={label}
      current={current}
      tabs={parts.filter(isSeen).map((id) => ({ id, label: names[id], to: addresses[id]() }))}
    />
  )
}
