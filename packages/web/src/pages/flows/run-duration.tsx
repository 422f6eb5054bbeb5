import { useNow } from '../../components/use-now.js'
import { useI18n } from '../../i18n/use-i18n.jsx'

interface Timed {
  readonly started_at?: string | undefined
  readonly ended_at?: string | undefined
}

/** How long a run or a step took; of one that is open, how long it has taken until now. */
export function RunDuration({ run: { started_at: start, ended_at: end } }: { readonly run: Timed }) {
  const { f } = useI18n()
  if (start === undefined) return '–'
  return end === undefined ? <Growing since={start} /> : f.duration(Math.max(Date.parse(end) - Date.parse(start), 0))
}

function Growing({ since }: { readonly since: string }) {
  const { f } = useI18n()
  const now = useNow(1000)
  return f.duration(Math.max(Math.floor((now - Date.parse(since)) / 1000) * 1000, 0))
}
