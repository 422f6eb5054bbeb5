import type { FeatureLookup, FeatureSpec, ModelSignature } from '@fabrique/contract'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { Facts } from '../../components/facts.jsx'
import { Snippet } from '../../components/snippet.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'

/** What a model takes and gives; without a signature, how to log one. */
export function SignatureTable({ signature }: { readonly signature: ModelSignature | undefined }) {
  const { t, f } = useI18n()
  if (signature === undefined)
    return (
      <section className="stack-tight">
        <h2>{t.models.signature}</h2>
        <p>{t.models.noSignature}</p>
        <p className="muted">{t.models.noSignatureHint}</p>
        <Snippet title="Python" hideTitle code={'mlflow.onnx.log_model(model, name="model", input_example=X[:1])'} />
      </section>
    )
  const seen = ({ type, min, max, values }: FeatureSpec) => {
    if (values !== undefined) return values.join(', ')
    if (min === undefined || max === undefined) return '–'
    const shown = type === 'timestamp' ? f.dayUtc : f.exact
    return `${shown(min)} – ${shown(max)}`
  }
  return (
    <section className="stack-tight">
      <h2>{t.models.signature}</h2>
      <DataTable
        label={t.models.inputs}
        rows={signature.features}
        rowKey={({ name }) => name}
        columns={[
          { id: 'feature', header: t.models.feature, render: ({ name }) => <code>{name}</code> },
          { id: 'type', header: t.datasets.type, render: ({ type }) => t.datasets.columnTypes[type] },
          { id: 'unit', header: t.datasets.unit, render: ({ unit }) => unit ?? '–' },
          { id: 'seen', header: t.models.seen, render: seen },
          {
            id: 'missing',
            header: t.models.missing,
            render: ({ nullable }) => (nullable === true ? t.models.mayBeMissing : '–'),
          },
        ]}
      />
      <p>
        <span className="muted">{t.models.target}</span> <code>{signature.target.name}</code>{' '}
        {signature.target.unit !== undefined && <span className="muted">({signature.target.unit})</span>}
        {signature.target.classes.length > 0 && <span className="muted">({signature.target.classes.join(', ')})</span>}
      </p>
      {signature.feature_lookup !== undefined && <LookUpFacts lookup={signature.feature_lookup} />}
    </section>
  )
}

/** How a model finds its features when it is asked by key. */
function LookUpFacts({ lookup }: { readonly lookup: FeatureLookup }) {
  const { t } = useI18n()
  const { project, service, service_version: version, keys, on_missing: policy } = lookup
  return (
    <>
      <h3>{t.models.lookup}</h3>
      <Facts
        facts={[
          { name: t.models.lookupKeys, value: <code>{keys.join(', ')}</code> },
          {
            name: t.models.lookupService,
            value: <AppLink to={paths.featureService({ project, service })}>{`${service}@${version}`}</AppLink>,
          },
          { name: t.models.lookupMissing, value: t.models.lookupPolicies[policy] },
        ]}
      />
    </>
  )
}
