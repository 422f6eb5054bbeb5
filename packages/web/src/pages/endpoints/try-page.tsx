import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { Load } from '../../components/load.jsx'
import { Page } from '../../components/page.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import '../../components/empty-state.css'
import { TryWorkbench } from './try-workbench.jsx'

const route = getRouteApi(patterns.tryEndpoint)

/** Ask a served model, from a form, as JSON, or by copying code. */
export function TryPage() {
  const { t } = useI18n()
  const { model } = route.useParams()
  const query = useQuery(queries.endpoints())
  const served = query.data?.items.find((each) => each.model === model)
  return (
    <Page
      title={t.tryOut.title(model)}
      crumbs={[{ label: t.endpoints.title, to: paths.endpoints() }]}
      lead={
        served !== undefined && (
          <span>
            <AppLink to={paths.modelVersion({ model, version: served.version })}>
              {t.common.version(served.version)}
            </AppLink>{' '}
            <span className="alias">@{served.alias}</span>
          </span>
        )
      }
    >
      <Load query={query} lines={6}>
        {() =>
          served === undefined ? (
            <div className="empty">
              <h2>{t.tryOut.noEndpoint(model)}</h2>
              <p className="muted">{t.tryOut.noEndpointText}</p>
              <p>
                <AppLink to={paths.model({ model })}>{t.tryOut.openModel}</AppLink>
              </p>
            </div>
          ) : (
            <TryWorkbench key={model} endpoint={served} />
          )
        }
      </Load>
    </Page>
  )
}
