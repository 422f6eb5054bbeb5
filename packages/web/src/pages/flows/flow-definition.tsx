import type { Flow } from '@fabrique/contract'
import { AppLink } from '../../components/app-link.jsx'
import { Facts } from '../../components/facts.jsx'
import { JsonTree } from '../../components/files/json-tree.jsx'
import { Moment } from '../../components/moment.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { spanText } from './schedule-text.js'

/** How a flow is declared: its parameters, what happens when it fails, and what bounds it. */
export function FlowDefinitionPart({ flow }: { readonly flow: Flow }) {
  const { t, f } = useI18n()
  const words = t.flows.definition
  const { definition, has_worker: hasWorker, applied_at: applied } = flow
  const { retry, timeout_ms: timeout, concurrency, limits, cache_ms: cache, tags, priority, version } = definition
  const span = (ms: number) => spanText(ms, t, f)
  return (
    <div className="columns">
      <section className="stack-tight" aria-labelledby="flow-params">
        <h2 id="flow-params">{words.params}</h2>
        {Object.keys((definition.params_schema.properties as object | undefined) ?? {}).length === 0 ? (
          <p className="muted">{t.flows.params.noParams}</p>
        ) : (
          <JsonTree value={definition.params_schema} />
        )}
      </section>
      <section className="stack-tight" aria-labelledby="flow-rules">
        <h2 id="flow-rules">{words.rules}</h2>
        <Facts
          facts={[
            { name: words.version, value: <code>{version}</code> },
            {
              name: words.worker,
              value: (
                <p>
                  {hasWorker ? words.hasWorker : <span className="tone-warning">{words.hasNoWorker}</span>}{' '}
                  <AppLink to={paths.flowWorkers()}>{t.nav.flowWorkers}</AppLink>
                </p>
              ),
            },
            {
              name: words.retries,
              value:
                retry === undefined || retry.retries === 0
                  ? words.noRetries
                  : words.retried(retry.retries, retry.delays_ms.map(span).join(', ')),
            },
            { name: words.timeout, value: timeout === undefined ? '–' : span(timeout) },
            { name: words.concurrency, value: concurrency === undefined ? words.unbounded : f.integer(concurrency) },
            { name: words.limits, value: limits.length === 0 ? '–' : limits.join(', ') },
            { name: words.priority, value: f.integer(priority) },
            { name: words.cache, value: cache === undefined ? '–' : span(cache) },
            ...(tags.length === 0 ? [] : [{ name: words.tags, value: tags.join(', ') }]),
            { name: words.applied, value: <Moment at={applied} /> },
          ]}
        />
      </section>
    </div>
  )
}
