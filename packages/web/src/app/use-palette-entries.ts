import { useQueries } from '@tanstack/react-query'
import { call } from '../api/client.js'
import { languageNames } from '../i18n/language.js'
import { useI18n } from '../i18n/use-i18n.jsx'
import { paths, serverPages } from '../routing/paths.js'
import { useCurrentProject } from './current-project.js'
import type { Entry } from './palette-match.js'
import { usePlaces } from './places.js'
import { setPreference } from './preferences.js'

const runsPerProject = 200

/** Everything the palette offers: commands, places, and the newest runs of each project. */
export function usePaletteEntries(): readonly Entry[] {
  const { t, language } = useI18n()
  const places = usePlaces()
  const { projects } = useCurrentProject()
  const runs = useQueries({
    queries: projects.map((project) => ({
      queryKey: ['runs', project, 'newest'],
      queryFn: () => call('listRuns', { params: { project }, query: { limit: runsPerProject } }),
    })),
  })
  const other = language === 'en' ? 'fr' : 'en'
  const actions: readonly Entry[] = [
    {
      id: `language ${languageNames[other]}`,
      kind: 'action',
      label: t.palette.switchLanguage,
      lang: other,
      icon: 'language',
      run: () => setPreference('language', other),
    },
    ...(['light', 'dark', 'system'] as const).map(
      (theme): Entry => ({
        id: `theme ${theme}`,
        kind: 'action',
        label: t.palette.themeTo(t.theme[theme]),
        icon: theme === 'light' ? 'sun' : theme === 'dark' ? 'moon' : 'screen',
        run: () => setPreference('theme', theme),
      }),
    ),
    {
      id: 'api reference',
      kind: 'page',
      label: t.nav.apiDocs,
      icon: 'book',
      run: () => location.assign(serverPages.apiDocs),
    },
  ]
  const runEntries = runs.flatMap(({ data }, index) =>
    (data?.items ?? []).map((run): Entry => {
      const project = projects[index] ?? run.experiment
      const address = paths.run({ project, run: run.id })
      return { id: address, kind: 'run', label: run.name || run.id, detail: project, icon: 'runs', address }
    }),
  )
  return [...places.map((place) => ({ ...place, id: `${place.address} ${place.kind}` })), ...actions, ...runEntries]
}
