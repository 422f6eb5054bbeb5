import type { ModelVersion } from '@fabrique/contract'
import { NativeSelect } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import { differingParams } from './differing-params.js'
import { MetricChanges } from './metric-changes.jsx'

/** The version beside the one that an alias points to: metrics, and the parameters that differ. */
export function VersionComparison({
  version,
  wanted,
}: {
  readonly version: ModelVersion
  readonly wanted: string | undefined
}) {
  const { t } = useI18n()
  const changeSearch = useSearchChange()
  const model = useQuery(queries.model(version.model)).data
  const others = Object.entries(model?.aliases ?? {}).filter(([, holder]) => holder !== version.version)
  const [alias, holder] =
    others.find(([name]) => name === wanted) ?? others.find(([name]) => name === 'champion') ?? others[0] ?? []
  const other = model?.versions.find((each) => each.version === holder)
  if (alias === undefined || other === undefined) return null
  return (
    <section className="stack-tight">
      <div className="spread">
        <h2>{t.models.comparedWith(alias, other.version)}</h2>
        {others.length > 1 && (
          <NativeSelect
            aria-label={t.models.compareWith}
            value={alias}
            data={others.map(([name, held]) => ({ value: name, label: `@${name} (${held})` }))}
            onChange={(event) => changeSearch({ with: event.currentTarget.value })}
          />
        )}
      </div>
      <MetricChanges
        labels={[t.common.version(other.version), t.common.version(version.version)]}
        before={other}
        after={version}
      />
      <ParamChanges before={other} after={version} />
      <p>
        <AppLink
          to={paths.modelVersion({ model: version.model, version: version.version })}
          search={{ tab: 'compare', other: other.version }}
        >
          {t.models.onSameRows}
        </AppLink>
      </p>
    </section>
  )
}

function ParamChanges({ before, after }: { readonly before: ModelVersion; readonly after: ModelVersion }) {
  const { t } = useI18n()
  const from = useQuery({ ...queries.run(before.run_id ?? ''), enabled: before.run_id !== undefined }).data
  const to = useQuery({ ...queries.run(after.run_id ?? ''), enabled: after.run_id !== undefined }).data
  if (from === undefined || to === undefined) return null
  const { different, total } = differingParams(from.params, to.params)
  if (total === 0) return null
  if (different.length === 0) return <p className="muted">{t.models.sameParams(total)}</p>
  return (
    <>
      <p className="muted">{t.models.paramsDiffer(different.length, total)}</p>
      <DataTable
        label={t.models.paramsDiffer(different.length, total)}
        rows={different}
        rowKey={({ name }) => name}
        columns={[
          { id: 'name', header: t.run.params, render: ({ name }) => name },
          { id: 'from', header: t.common.version(before.version), render: (row) => <code>{row.from ?? '–'}</code> },
          { id: 'to', header: t.common.version(after.version), render: (row) => <code>{row.to ?? '–'}</code> },
        ]}
      />
    </>
  )
}
