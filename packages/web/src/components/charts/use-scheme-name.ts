import { useSyncExternalStore } from 'react'

function subscribe(listener: () => void): () => void {
  const observer = new MutationObserver(listener)
  observer.observe(document.documentElement, { attributeFilter: ['data-mantine-color-scheme'] })
  return () => observer.disconnect()
}

/** The theme the document has now; canvases draw again when it changes, as they cannot read style sheets. */
export function useSchemeName(): string {
  return useSyncExternalStore(subscribe, () => document.documentElement.dataset.mantineColorScheme ?? 'light')
}
