import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { queryClient } from '../api/query-client.js'
import { I18nProvider } from '../i18n/use-i18n.jsx'
import { cssVariablesResolver, mantineTheme } from '../theme/mantine-theme.js'
import { LiveProvider } from './live-context.jsx'
import { usePreferences, useScheme } from './preferences.js'
import { router } from './router.jsx'

export function App() {
  const { language } = usePreferences()
  const scheme = useScheme()
  const shown = useRef(language)
  useEffect(() => {
    if (shown.current === language) return
    shown.current = language
    // The server writes its messages in the language of the request.
    void queryClient.invalidateQueries()
  }, [language])
  return (
    <MantineProvider
      theme={mantineTheme}
      cssVariablesResolver={cssVariablesResolver}
      forceColorScheme={scheme}
      deduplicateCssVariables={false}
    >
      <I18nProvider language={language}>
        <QueryClientProvider client={queryClient}>
          <LiveProvider>
            <RouterProvider router={router} />
          </LiveProvider>
        </QueryClientProvider>
      </I18nProvider>
    </MantineProvider>
  )
}
