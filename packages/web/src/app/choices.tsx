import { useNavigate } from '@tanstack/react-router'
import type { IconName } from '../components/icon.jsx'
import { languageNames } from '../i18n/language.js'
import { useI18n } from '../i18n/use-i18n.jsx'
import { paths } from '../routing/paths.js'
import { ChoiceMenu } from './choice-menu.jsx'
import { useCurrentProject } from './current-project.js'
import { type Preferences, setPreference, usePreferences } from './preferences.js'

export const languageChoices = [
  { value: 'en', label: languageNames.en, lang: 'en' },
  { value: 'fr', label: languageNames.fr, lang: 'fr' },
] as const

const themeIcons: Readonly<Record<Preferences['theme'], IconName>> = { light: 'sun', dark: 'moon', system: 'screen' }
export const themes = ['light', 'dark', 'system'] as const

export function LanguageChoice() {
  const { t, language } = useI18n()
  return (
    <ChoiceMenu
      label={t.language.label}
      icon="language"
      shown={t.language.name}
      value={language}
      choices={languageChoices}
      onChoose={(value) => setPreference('language', value)}
    />
  )
}

export function ThemeChoice({ withWord = false }: { readonly withWord?: boolean }) {
  const { t } = useI18n()
  const { theme } = usePreferences()
  return (
    <ChoiceMenu
      label={t.theme.label}
      icon={themeIcons[theme]}
      {...(withWord ? { shown: t.theme[theme] } : {})}
      value={theme}
      choices={themes.map((value) => ({ value, label: t.theme[value], icon: themeIcons[value] }))}
      onChoose={(value) => setPreference('theme', value)}
    />
  )
}

export function ProjectChoice() {
  const { t } = useI18n()
  const { project, projects } = useCurrentProject()
  const navigate = useNavigate()
  if (project === undefined) return <span className="muted small">{t.nav.noProject}</span>
  return (
    <ChoiceMenu
      label={t.nav.project}
      icon="folder"
      shown={project}
      value={project}
      choices={projects.map((name) => ({ value: name, label: name }))}
      onChoose={(name) => void navigate({ to: paths.runs({ project: name }) as string })}
    />
  )
}
