import type { AliasMove } from '@fabrique/contract'
import { AppLink } from '../../components/app-link.jsx'
import { Moment } from '../../components/moment.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import './alias-history.css'

/** Which version each alias meant when, who moved it and why: the answer to "what was in production that day". */
export function AliasHistory({ model, history }: { readonly model: string; readonly history: readonly AliasMove[] }) {
  const { t } = useI18n()
  const text = ({ alias, from_version: from, to_version: to }: AliasMove) => {
    if (to === undefined) return t.models.removed({ alias, from: from ?? '' })
    return from === undefined ? t.models.set({ alias, to }) : t.models.moved({ alias, from, to })
  }
  return (
    <section className="stack-tight">
      <h2>{t.models.history}</h2>
      {history.length === 0 ? (
        <p className="muted">{t.models.noHistory}</p>
      ) : (
        <ol className="timeline">
          {history.map((move) => (
            <li
              key={`${move.alias} ${move.at}`}
              className="timeline-item"
              data-removed={move.to_version === undefined || undefined}
            >
              <div className="timeline-what">
                {move.to_version === undefined ? (
                  <strong>{text(move)}</strong>
                ) : (
                  <AppLink to={paths.modelVersion({ model, version: move.to_version })}>{text(move)}</AppLink>
                )}
                {move.reason !== '' && <p>{t.common.quote(move.reason)}</p>}
              </div>
              <p className="timeline-who">
                <Moment at={move.at} /> · {t.common.by(move.actor)}
              </p>
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}
