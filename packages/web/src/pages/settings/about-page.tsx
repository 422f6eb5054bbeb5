import { fabriqueVersion } from 'virtual:route-table'
import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.js'
import { paletteShortcut } from '../../app/top-bar.jsx'
import { Facts } from '../../components/facts.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { Page } from '../../components/page.jsx'
import { StateWord } from '../../components/state-word.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { serverPages } from '../../routing/paths.js'

/** The version, the state of the server, and its other pages. */
export function AboutPage() {
  const { t } = useI18n()
  const query = useQuery(queries.status())
  const links = [
    { label: t.about.apiDocs, href: serverPages.apiDocs },
    { label: t.about.openApi, href: serverPages.openApi },
    { label: t.about.metrics, href: serverPages.metrics },
    { label: t.about.status, href: serverPages.status },
  ]
  return (
    <Page title={t.about.title} lead={<span>{`Fabrique ${fabriqueVersion}. ${t.about.text}`}</span>} narrow>
      <section className="stack-tight">
        <h2>{t.home.system}</h2>
        <Load query={query} lines={5}>
          {(status) => (
            <Facts
              facts={[
                { name: t.about.version, value: status.version },
                { name: t.about.role, value: t.about.roles[status.role] },
                { name: t.about.started, value: <Moment at={status.started_at} relative={false} /> },
                { name: t.about.dataFolder, value: <code>{status.data_dir}</code> },
                ...status.parts.map(({ name, state, detail }) => ({
                  name: t.home.partNames[name] ?? name,
                  value: (
                    <span className="row">
                      <StateWord state={state} />
                      {detail !== undefined && <span className="muted">{detail}</span>}
                    </span>
                  ),
                })),
              ]}
            />
          )}
        </Load>
      </section>
      <section className="stack-tight">
        <h2>{t.about.links}</h2>
        <ul className="stack-tight">
          {links.map(({ label, href }) => (
            <li key={href}>
              <a href={href}>{label}</a> <code className="muted">{href}</code>
            </li>
          ))}
        </ul>
      </section>
      <section className="stack-tight">
        <h2>{t.about.shortcuts}</h2>
        <p>
          <kbd className="key">{paletteShortcut}</kbd> {t.about.shortcutPalette}
        </p>
      </section>
    </Page>
  )
}
