import type { ModelVersion, RegisteredModelDetail } from '@fabrique/contract'
import { DataTable } from '../../components/data-table.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'

interface AliasPreviewProps {
  readonly model: RegisteredModelDetail
  readonly alias: string
  readonly version: string
}

/** What changes when the alias moves: the metrics of the version it leaves beside those of the one it goes to. */
export function AliasPreview({ model, alias, version }: AliasPreviewProps) {
  const { t } = useI18n()
  const holder = model.aliases[alias]
  const before = model.versions.find((each) => each.version === holder)
  const after = model.versions.find((each) => each.version === version)
  if (alias === '' || after === undefined) return null
  if (holder === version) return <p className="muted">{t.models.nothingChanges(alias, version)}</p>
  return (
    <section className="stack-tight" aria-live="polite">
      <h3>{t.models.whatChanges}</h3>
      <p className="muted">
        {holder === undefined ? `${t.models.newAlias(alias)} ` : ''}
        {t.models.endpointFollows}
      </p>
      <MetricChanges before={before} after={after} />
    </section>
  )
}

function MetricChanges({ before, after }: { readonly before: ModelVersion | undefined; readonly after: ModelVersion }) {
  const { t, f } = useI18n()
  const names = [...new Set([...Object.keys(before?.metrics ?? {}), ...Object.keys(after.metrics)])].sort()
  if (names.length === 0) return null
  const show = (version: ModelVersion | undefined, name: string) => {
    const value = version?.metrics[name]?.value
    return value === undefined ? '–' : f.metric(value)
  }
  const difference = (name: string) => {
    const [from, to] = [before?.metrics[name]?.value, after.metrics[name]?.value]
    if (typeof from !== 'number' || typeof to !== 'number') return '–'
    const sign = to > from ? '+' : to < from ? '\u2212' : '±'
    return `${sign}${f.metric(Math.abs(to - from))}`
  }
  return (
    <DataTable
      label={t.models.whatChanges}
      rows={names}
      rowKey={(name) => name}
      columns={[
        { id: 'metric', header: t.models.metric, render: (name) => name },
        {
          id: 'now',
          header: before === undefined ? t.models.now : `${t.models.now} (${before.version})`,
          isNumber: true,
          render: (name) => show(before, name),
        },
        {
          id: 'then',
          header: `${t.models.after} (${after.version})`,
          isNumber: true,
          render: (name) => show(after, name),
        },
        { id: 'difference', header: t.models.difference, isNumber: true, render: difference },
      ]}
    />
  )
}
