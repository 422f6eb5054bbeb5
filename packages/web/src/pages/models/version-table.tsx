import type { ModelVersion, RegisteredModelDetail } from '@fabrique/contract'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { Moment } from '../../components/moment.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { AliasChips } from './alias-chips.jsx'
import { StageWord } from './stage-word.jsx'

const metricColumnsMax = 4

/** Accuracy, R2 and the like first; the rest by name. What the champion scored on the same rows stands with the run. */
function metricNames(versions: readonly ModelVersion[]): readonly string[] {
  const known = new Set(versions.flatMap(({ metrics }) => Object.keys(metrics)))
  const names = [...known].filter((name) => !name.startsWith('champion.')).sort()
  const first = ['accuracy', 'f1_macro', 'r2', 'rmse', 'mae'].filter((name) => known.has(name))
  return [...first, ...names.filter((name) => !first.includes(name))].slice(0, metricColumnsMax)
}

/** The versions of a model, the newest first. */
export function VersionTable({ model }: { readonly model: RegisteredModelDetail }) {
  const { t, f } = useI18n()
  if (model.versions.length === 0) return <p className="muted">{t.models.noVersions}</p>
  const hasStages = model.versions.some(({ stage }) => stage !== 'None')
  return (
    <section className="stack-tight">
      <h2>{t.models.versions}</h2>
      {model.version_count > model.versions.length && (
        <p className="small muted">
          {t.common.showingOf(f.integer(model.versions.length), f.integer(model.version_count))}
        </p>
      )}
      <DataTable
        label={t.models.versions}
        rows={model.versions}
        rowKey={({ version }) => version}
        columns={[
          {
            id: 'version',
            header: t.models.version,
            render: ({ version, description }) => (
              <div>
                <AppLink to={paths.modelVersion({ model: model.name, version })}>{t.common.version(version)}</AppLink>
                {description !== '' && (
                  <p className="small muted">
                    <span className="clamp">{description}</span>
                  </p>
                )}
              </div>
            ),
          },
          { id: 'aliases', header: t.models.aliases, render: ({ aliases }) => <AliasChips aliases={aliases} /> },
          ...(hasStages
            ? [
                {
                  id: 'stage',
                  header: t.models.stage,
                  render: ({ stage }: ModelVersion) => <StageWord stage={stage} />,
                },
              ]
            : []),
          ...metricNames(model.versions).map((name) => ({
            id: `metrics.${name}`,
            header: name,
            isNumber: true,
            render: ({ metrics }: ModelVersion) => {
              const value = metrics[name]?.value
              return value === undefined ? '–' : <span title={f.exact(value)}>{f.metric(value)}</span>
            },
          })),
          { id: 'created', header: t.models.created, render: ({ created_at }) => <Moment at={created_at} /> },
          { id: 'by', header: t.models.createdBy, render: ({ created_by }) => created_by },
        ]}
      />
    </section>
  )
}
