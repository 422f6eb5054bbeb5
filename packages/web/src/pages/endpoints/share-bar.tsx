import type { Rollout } from '@fabrique/contract'
import { useI18n } from '../../i18n/use-i18n.jsx'

/** How requests are shared: a bar for the eye, and the same in words. */
export function ShareBar({ rollout: { kind, variants } }: { readonly rollout: Pick<Rollout, 'kind' | 'variants'> }) {
  const { t, f } = useI18n()
  const words = t.serving.rollouts
  const isAsked = (name: string) => kind === 'shadow' && name === 'candidate'
  return (
    <div className="share-bar">
      <div className="share-bar-parts" aria-hidden>
        {variants
          .filter(({ name }) => !isAsked(name))
          .map(({ name, share }, index) => (
            <span key={name} data-series={(index % 6) + 1} style={{ flexGrow: share }} />
          ))}
      </div>
      <ul className="share-bar-names" aria-label={words.shares}>
        {variants.map(({ name, version, share }, index) => (
          <li key={name}>
            <span className="share-dot" data-series={(index % 6) + 1} aria-hidden />
            {words.shareOf(name, version, isAsked(name) ? words.asked(f.percent(share)) : f.percent(share))}
          </li>
        ))}
      </ul>
    </div>
  )
}
