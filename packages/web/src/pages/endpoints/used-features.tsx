import type { UsedFeature } from '@fabrique/contract'
import { DataTable } from '../../components/data-table.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { showRounded } from '../datasets/show-value.js'
import { FeatureStatusWord } from '../features/feature-status.jsx'

/** What was looked up by key: each feature with what was found, how old it was, and what the model was given instead. */
export function UsedFeatures({ features }: { readonly features: readonly UsedFeature[] }) {
  const { t, f } = useI18n()
  const given = ({ value, replaced }: UsedFeature) => {
    const text = value === null ? t.tryOut.missing : showRounded(value, f)
    return replaced === undefined ? text : t.tryOut.givenInstead(text)
  }
  return (
    <section className="stack-tight">
      <h3>{t.tryOut.usedFeatures}</h3>
      <DataTable
        label={t.tryOut.usedFeatures}
        rows={features}
        rowKey={({ name }) => name}
        columns={[
          {
            id: 'feature',
            header: t.tryOut.feature,
            render: ({ name }) => <code className="wraps-narrow">{name}</code>,
          },
          { id: 'given', header: t.tryOut.given, render: given },
          { id: 'status', header: t.tryOut.found, render: ({ status }) => <FeatureStatusWord status={status} /> },
          {
            id: 'age',
            header: t.tryOut.age,
            render: ({ age_seconds: age, event_time: time }) =>
              age === null || time === null ? (
                '–'
              ) : (
                <time className="nowrap" dateTime={time} title={f.momentUtc(time)}>
                  {f.duration(age * 1000)}
                </time>
              ),
          },
        ]}
      />
    </section>
  )
}
