import type { FeatureView, ServedFeature } from '@fabrique/contract'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { Facts } from '../../components/facts.jsx'
import { Snippet } from '../../components/snippet.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { spanText } from './span-text.js'

/** Where the rows of a view come from, how they are read in time, and what each feature is made of. */
export function ViewDefinition({ view }: { readonly view: FeatureView }) {
  const { t, f } = useI18n()
  const { definition, keys, features } = view
  const { source, time, created, ties, ttl_seconds: ttl, schedule, on_snapshot, online } = definition
  const words = t.features.view
  const columns = Object.entries(definition.keys).filter(([name, column]) => name !== column)
  return (
    <div className="stack">
      <section className="stack-tight" aria-labelledby="view-features">
        <h2 id="view-features">{t.features.features}</h2>
        <DataTable
          label={t.features.features}
          rows={features}
          rowKey={({ name }) => name}
          columns={[
            { id: 'name', header: t.features.name, render: ({ name }) => <code className="wraps-narrow">{name}</code> },
            {
              id: 'type',
              header: words.type,
              render: ({ type }) => (type === undefined ? '–' : t.features.types[type]),
            },
            { id: 'kind', header: words.kind, render: ({ kind }) => words.kinds[kind] },
            {
              id: 'made',
              header: words.made,
              isWide: true,
              render: (feature) => <MadeFrom view={view} feature={feature} />,
            },
            ...(features.some(({ description }) => description !== undefined)
              ? [
                  {
                    id: 'description',
                    header: words.description,
                    isWide: true,
                    render: ({ description }: ServedFeature) => description ?? '–',
                  },
                ]
              : []),
          ]}
        />
      </section>
      <section className="stack-tight" aria-labelledby="view-rows">
        <h2 id="view-rows">{words.rows}</h2>
        <Facts
          facts={[
            { name: words.source, value: <Source view={view} /> },
            {
              name: t.features.keys,
              value: (
                <code>
                  {keys
                    .map(({ name, type }) => (type === undefined ? name : t.features.keyType(name, type)))
                    .join(', ')}
                </code>
              ),
            },
            ...(columns.length === 0
              ? []
              : [
                  {
                    name: words.keyColumns,
                    value: <code>{columns.map(([name, column]) => `${name} = ${column}`).join(', ')}</code>,
                  },
                ]),
            { name: words.time, value: <code>{time}</code> },
            { name: words.created, value: created === undefined ? '–' : <code>{created}</code> },
            ...(ties.length === 0 ? [] : [{ name: words.ties, value: <code>{ties.join(', ')}</code> }]),
            { name: words.ttl, value: ttl === null ? words.noTtl : spanText(ttl, t, f) },
            ...(online
              ? [
                  { name: words.onSnapshot, value: on_snapshot ? words.materialised : words.notMaterialised },
                  { name: words.schedule, value: schedule === undefined ? '–' : <code>{schedule}</code> },
                ]
              : []),
          ]}
        />
        {source.kind === 'sql' && <Snippet title={words.sourceSql} code={source.sql} />}
      </section>
    </div>
  )
}

function Source({ view: { project, definition } }: { readonly view: FeatureView }) {
  const { t } = useI18n()
  const { source } = definition
  if (source.kind === 'dataset') {
    return <AppLink to={paths.dataset({ project, dataset: source.dataset })}>{source.dataset}</AppLink>
  }
  return (
    <p>
      {t.features.view.sqlOver}{' '}
      {source.datasets.map((dataset, index) => (
        <span key={dataset}>
          {index === 0 ? '' : ', '}
          <AppLink to={paths.dataset({ project, dataset })}>{dataset}</AppLink>
        </span>
      ))}
    </p>
  )
}

/** A column, a window over a column, an expression, or code. */
function MadeFrom({ view: { definition }, feature }: { readonly view: FeatureView; readonly feature: ServedFeature }) {
  const { t, f } = useI18n()
  const words = t.features.view
  const { name, kind } = feature
  if (kind === 'aggregation') {
    const found = definition.aggregations.find((one) => one.name === name)
    if (found === undefined) return '–'
    const window = spanText(found.window_seconds, t, f)
    if (found.column === undefined) return words.counted(window)
    return words.aggregated(words.functions[found.function], found.column, window)
  }
  if (kind === 'derived') {
    const found = definition.derived.find((one) => one.name === name)
    if (found === undefined) return '–'
    if (found.sql === undefined) return words.byCode(found.inputs.join(', '))
    return <code className="feature-sql">{found.sql}</code>
  }
  const column = definition.features.find((one) => one.name === name)?.column
  return <code>{column ?? name}</code>
}
