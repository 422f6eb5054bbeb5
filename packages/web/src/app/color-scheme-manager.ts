import type { MantineColorSchemeManager } from '@mantine/core'
import { getPreferences, setPreference, subscribeToPreferences } from './preferences.js'

/** Lets Mantine read and follow our theme preference, so that there is one place that keeps it. */
export function colorSchemeManager(): MantineColorSchemeManager {
  let unsubscribe = () => {}
  const scheme = () => {
    const { theme } = getPreferences()
    return theme === 'system' ? 'auto' : theme
  }
  return {
    get: () => scheme(),
    set: (value) => setPreference('theme', value === 'auto' ? 'system' : value),
    subscribe: (onUpdate) => {
      unsubscribe = subscribeToPreferences(() => onUpdate(scheme()))
    },
    unsubscribe: () => unsubscribe(),
    clear: () => setPreference('theme', 'system'),
  }
}
