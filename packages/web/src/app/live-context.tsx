import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from 'react'
import { LiveUpdates } from '../api/live.js'
import { queryClient } from '../api/query-client.js'
import { paths } from '../routing/paths.js'

const LiveContext = createContext<LiveUpdates | undefined>(undefined)

/** Keeps the one connection to the event stream. */
export function LiveProvider({ children }: { readonly children: ReactNode }) {
  const [live] = useState(() => new LiveUpdates(queryClient))
  useEffect(() => {
    // Who has not logged in yet is told nothing; all begins anew afterwards.
    if (window.location.pathname !== paths.login()) live.start()
  }, [live])
  return <LiveContext value={live}>{children}</LiveContext>
}

export function useLive() {
  const live = useContext(LiveContext)
  if (live === undefined) throw new Error('useLive needs a LiveProvider above')
  const snapshot = useSyncExternalStore(live.subscribe, live.snapshot)
  return { ...snapshot, togglePause: () => live.togglePause() }
}
