import { SegmentedControl } from '@mantine/core'
import { useId } from 'react'
import { languageChoices, themes } from '../../app/choices.jsx'
import { setPreference, usePreferences } from '../../app/preferences.js'
import { Page } from '../../components/page.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { SettingsTabs } from './settings-tabs.jsx'
import './settings.css'

/** What people choose about the pages. */
export function SettingsPage() {
  const { t } = useI18n()
  const { language, theme, density } = usePreferences()
  return (
    <Page title={t.settings.title} lead={<span>{t.settings.intro}</span>} narrow>
      <SettingsTabs current="preferences" />
      <Setting
        label={t.language.label}
        value={language}
        data={languageChoices.map(({ value, label }) => ({ value, label: <span lang={value}>{label}</span> }))}
        onChange={(value) => setPreference('language', value)}
      />
      <Setting
        label={t.theme.label}
        value={theme}
        data={themes.map((value) => ({ value, label: t.theme[value] }))}
        onChange={(value) => setPreference('theme', value)}
      />
      <Setting
        label={t.density.label}
        value={density}
        data={(['compact', 'comfortable'] as const).map((value) => ({ value, label: t.density[value] }))}
        onChange={(value) => setPreference('density', value)}
      />
    </Page>
  )
}

interface SettingProps<Value extends string> {
  readonly label: string
  readonly value: Value
  readonly data: { value: Value; label: React.ReactNode }[]
  readonly onChange: (value: Value) => void
}

function Setting<Value extends string>({ label, value, data, onChange }: SettingProps<Value>) {
  const id = useId()
  return (
    <div className="setting">
      <h2 id={id}>{label}</h2>
      <SegmentedControl
        aria-labelledby={id}
        value={value}
        data={data}
        onChange={(chosen) => onChange(chosen as Value)}
        transitionDuration={100}
      />
    </div>
  )
}
