import type { ModelVersion } from '@fabrique/contract'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { Facts } from '../../components/facts.jsx'
import { Snippet } from '../../components/snippet.jsx'
import { TagEditor } from '../../components/tag-editor.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'

/** The newest values of the metrics of the run that made the version. */
export function VersionMetrics({ version }: { readonly version: ModelVersion }) {
  const { t, f } = useI18n()
  const metrics = Object.entries(version.metrics).sort(([first], [second]) => first.localeCompare(second))
  return (
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
  )
}

export function VersionTags({ version: { model, version, tags, source } }: { readonly version: ModelVersion }) {
  const { t } = useI18n()
  const setTag = useChange(
    ({ key, value }: { readonly key: string; readonly value: string | null }) =>
      value === null
        ? call('deleteVersionTag', { params: { model, version, key }, body: {} })
        : call('setVersionTag', { params: { model, version, key }, body: { value } }),
    ['models'],
  )
  return (
    <>
      <section className="stack-tight">
        <h2>{t.models.tags}</h2>
        <TagEditor tags={tags} onChange={(key, value) => setTag.mutateAsync({ key, value })} />
      </section>
      <Snippet title={t.models.source} code={source} />
    </>
  )
}
