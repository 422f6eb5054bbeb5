import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { Load } from '../../components/load.jsx'
import { StateWord } from '../../components/state-word.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import './served-models.css'

/** The models that answer predictions, with what they answered so far. */
export function ServedModels() {
  const { t, f } = useI18n()
  const query = useQuery(queries.endpoints())
  return (
    <section className="stack-tight" aria-labelledby="served-title">
      <h2 id="served-title">{t.home.endpoints}</h2>
      <Load query={query} lines={3}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="muted">{t.home.noEndpoints}</p>
          ) : (
            <ul className="served">
              {items.map((endpoint) => (
                <li key={endpoint.model} className="served-item">
                  <div className="spread">
                    <h3>
                      <AppLink to={paths.model({ model: endpoint.model })}>{endpoint.model}</AppLink>
                    </h3>
                    <StateWord state={endpoint.state} />
                  </div>
                  <p className="muted">
                    {t.common.version(endpoint.version)} <span className="alias">@{endpoint.alias}</span>
                    {endpoint.is_default && ` · ${t.home.defaultEndpoint}`}
                  </p>
                  <div className="spread">
                    <p className="muted">
                      {t.home.requests(endpoint.request_count)}
                      {endpoint.latency_p50_ms !== undefined && ` · p50 ${f.duration(endpoint.latency_p50_ms)}`}
                      {endpoint.latency_p99_ms !== undefined && ` · p99 ${f.duration(endpoint.latency_p99_ms)}`}
                    </p>
                    <AppLink
                      to={paths.tryEndpoint({ model: endpoint.model })}
                      aria-label={t.endpoints.tryOf(endpoint.model)}
                    >
                      {t.home.tryIt}
                    </AppLink>
                  </div>
                  {endpoint.error !== undefined && <p className="tone-failure">{endpoint.error}</p>}
                </li>
              ))}
            </ul>
          )
        }
      </Load>
    </section>
  )
}
