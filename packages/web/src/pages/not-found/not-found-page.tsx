import { useRouterState } from '@tanstack/react-router'
import { usePlaces } from '../../app/places.js'
import { AppLink } from '../../components/app-link.jsx'
import { Icon } from '../../components/icon.jsx'
import { Page } from '../../components/page.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { nearest } from './nearest.js'

/** No page here: says so, and offers the addresses that look most like it. */
export function NotFoundPage() {
  const { t } = useI18n()
  const path = useRouterState({ select: (state) => state.location.pathname })
  const candidates = nearest(path, usePlaces(), 4)
  return (
    <Page title={t.problems.notFoundTitle} narrow>
      <p className="muted">{t.problems.notFoundText(path)}</p>
      <section className="stack-tight">
        <h2>{t.problems.nearest}</h2>
        <ul className="stack-tight">
          {candidates.map(({ address, kind, label, detail, icon }) => (
            <li key={`${address}${label}`}>
              <AppLink to={address} className="row">
                <Icon name={icon} />
                {detail === undefined ? label : `${label} · ${detail}`}
                <span className="small muted">{t.palette.kinds[kind]}</span>
              </AppLink>
            </li>
          ))}
        </ul>
      </section>
      <p>
        <AppLink to={paths.home()}>{t.problems.backHome}</AppLink>
      </p>
    </Page>
  )
}
