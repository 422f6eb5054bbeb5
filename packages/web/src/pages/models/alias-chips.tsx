import { useI18n } from '../../i18n/use-i18n.jsx'
import './alias-chips.css'

/** The aliases of a version. */
export function AliasChips({ aliases }: { readonly aliases: readonly string[] }) {
  const { t } = useI18n()
  if (aliases.length === 0) return <span className="muted">–</span>
  return (
    <ul className="chips" aria-label={t.models.aliases}>
      {aliases.map((alias) => (
        <li key={alias} className="chip">
          @{alias}
        </li>
      ))}
    </ul>
  )
}
