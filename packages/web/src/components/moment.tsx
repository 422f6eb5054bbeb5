import { useI18n } from '../i18n/use-i18n.jsx'
import { useNow } from './use-now.js'

/** When something happened: relative to now, or as date and time; the moment in UTC on hover. */
export function Moment({ at, relative = true }: { readonly at: string; readonly relative?: boolean }) {
  const { f } = useI18n()
  const now = useNow(15_000)
  return (
    <time dateTime={at} title={relative ? `${f.moment(at)} (${f.momentUtc(at)})` : f.momentUtc(at)} className="nowrap">
      {relative ? f.ago(at, now) : f.moment(at)}
    </time>
  )
}
