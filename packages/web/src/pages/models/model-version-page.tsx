import type { ModelVersion } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { FactRow, Facts } from '../../components/facts.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { Page } from '../../components/page.jsx'
import { Snippet } from '../../components/snippet.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { AliasChips } from './alias-chips.jsx'
import { loadSnippets } from './load-snippets.js'
import { SignatureTable } from './signature-table.jsx'

const route = getRouteApi(patterns.modelVersion)

/** One version: what it takes and gives, how good it was, where it comes from, how to use it. */
export function ModelVersionPage() {
  const { t } = useI18n()
  const { model, version } = route.useParams()
  const query = useQuery(queries.modelVersion(model, version))
  const endpoints = useQuery(queries.endpoints())
  const served = endpoints.data?.items.find((each) => each.model === model)
  return (
    <Page
      title={`${model}, ${t.common.version(version).toLowerCase()}`}
      crumbs={[
        { label: t.models.title, to: paths.models() },
        { label: model, to: paths.model({ model }) },
      ]}
      actions={
        served !== undefined && (
          <AppLink to={paths.tryEndpoint({ model })} className="button-link">
            {t.models.tryIt}
          </AppLink>
        )
      }
    >
      <Load query={query} lines={8}>
        {(found) => (
          <>
            <VersionHead version={found} servedAs={served?.version === version ? served.alias : undefined} />
            <div className="columns">
              <div className="stack">
                <SignatureTable signature={found.signature} />
                <HowToLoad version={found} />
              </div>
              <VersionMetrics version={found} />
            </div>
          </>
        )}
      </Load>
    </Page>
  )
}

function VersionHead({ version, servedAs }: { readonly version: ModelVersion; readonly servedAs: string | undefined }) {
  const { t } = useI18n()
  const { run_id, snapshot_id } = version
  const run = useQuery({ ...queries.run(run_id ?? ''), enabled: run_id !== undefined }).data
  const snapshot = useQuery({ ...queries.snapshot(snapshot_id ?? ''), enabled: snapshot_id !== undefined }).data
  const runName = run?.name || run_id?.slice(0, 8)
  return (
    <FactRow
      facts={[
        { name: t.models.aliases, value: <AliasChips aliases={version.aliases} /> },
        {
          name: t.models.run,
          value:
            run === undefined ? (
              (runName ?? '–')
            ) : (
              <AppLink to={paths.run({ project: run.tags['fabrique.project'] ?? run.experiment, run: run.id })}>
                {runName ?? run.id}
              </AppLink>
            ),
        },
        {
          name: t.models.snapshot,
          value:
            snapshot === undefined ? (
              (snapshot_id ?? '–')
            ) : (
              <AppLink
                to={paths.dataset({ project: snapshot.project, dataset: snapshot.dataset })}
                search={{ snapshot: snapshot.id, tab: 'rows' }}
              >
                {`${snapshot.dataset} ${snapshot.content_hash.slice(0, 12)}`}
              </AppLink>
            ),
        },
        { name: t.models.created, value: <Moment at={version.created_at} relative={false} /> },
        { name: t.models.createdBy, value: version.created_by },
        ...(servedAs === undefined
          ? []
          : [{ name: t.endpoints.title, value: <span className="tone-ok">{t.models.servedAs(`@${servedAs}`)}</span> }]),
      ]}
    />
  )
}

function VersionMetrics({ version }: { readonly version: ModelVersion }) {
  const { t, f } = useI18n()
  const metrics = Object.entries(version.metrics).sort(([first], [second]) => first.localeCompare(second))
  const tags = Object.entries(version.tags).sort(([first], [second]) => first.localeCompare(second))
  return (
    <div className="stack" style={{ gap: 32 }}>
      <section className="stack-tight">
        <h2>{t.models.metrics}</h2>
        {metrics.length === 0 && <p className="muted">{t.run.noMetrics}</p>}
        <Facts
          facts={metrics.map(([name, { value }]) => ({
            name,
            value: <strong title={f.exact(value)}>{f.metric(value)}</strong>,
          }))}
        />
      </section>
      {tags.length > 0 && (
        <section className="stack-tight">
          <h2>{t.models.tags}</h2>
          <Facts facts={tags.map(([name, value]) => ({ name, value }))} />
        </section>
      )}
      <Snippet title={t.models.source} code={version.source} />
    </div>
  )
}

function HowToLoad({ version }: { readonly version: ModelVersion }) {
  const { t } = useI18n()
  const snippets = loadSnippets(version, location.origin)
  return (
    <section className="stack" style={{ marginTop: 16 }}>
      <h2>{t.models.howToLoad}</h2>
      <Snippet title={t.models.inPython} code={snippets.mlflow} />
      <Snippet title={t.models.withOnnx} code={snippets.onnxruntime} />
      <Snippet title={t.models.withCurl} code={snippets.curl} />
    </section>
  )
}
