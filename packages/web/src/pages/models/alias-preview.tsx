import type { RegisteredModelDetail } from '@fabrique/contract'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { MetricChanges } from './metric-changes.jsx'

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
      <MetricChanges
        labels={[
          before === undefined ? t.models.now : `${t.models.now} (${before.version})`,
          `${t.models.after} (${after.version})`,
        ]}
        before={before}
        after={after}
      />
    </section>
  )
}
