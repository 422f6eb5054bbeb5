import { Tabs } from '../../components/tabs.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'

/** The parts of the settings. */
export function SettingsTabs({ current }: { readonly current: 'preferences' | 'remotes' | 'webhooks' }) {
  const { t } = useI18n()
  return (
    <Tabs
      label={t.settings.tabs.label}
      current={current}
      tabs={[
        { id: 'preferences', label: t.settings.tabs.preferences, to: paths.settings() },
        { id: 'remotes', label: t.settings.tabs.remotes, to: paths.remotes() },
        { id: 'webhooks', label: t.settings.tabs.webhooks, to: paths.webhooks() },
      ]}
    />
  )
}
