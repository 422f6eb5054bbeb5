import { useMemo } from 'react'
import { ScrollRegion } from '../../components/scroll-region.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { comparedName } from './compare-head.jsx'
import { artifactRows, codeRows, datasetRows, generalRows, metricRows, paramRows, tagRows } from './compare-rows.js'
import { CompareTable } from './compare-table.jsx'
import type { ComparedRun } from './use-compared-runs.js'
import '../../components/data-table.css'

/** All that the runs have, in sections; each says how much of it differs. */
export function CompareSections({
  compared,
  showsAll,
}: {
  readonly compared: readonly ComparedRun[]
  readonly showsAll: boolean
}) {
  const { t, f } = useI18n()
  const sections = useMemo(() => {
    const runs = compared.map(({ run }) => run)
    const labels = {
      experiment: t.compare.experiment,
      status: t.runs.status,
      started: t.runs.started,
      duration: t.runs.duration,
      user: t.runs.user,
    }
    return [
      { id: 'params', rows: paramRows(runs) },
      { id: 'metrics', rows: metricRows(runs) },
      { id: 'datasets', rows: datasetRows(runs) },
      { id: 'code', rows: codeRows(runs) },
      { id: 'tags', rows: tagRows(runs) },
      { id: 'artifacts', rows: artifactRows(compared.map(({ artifacts }) => artifacts)) },
      { id: 'general', rows: generalRows(runs, labels) },
    ] as const
  }, [compared, t])
  const names = compared.map(comparedName)
  const isGone = compared.map(({ run }) => run === undefined)
  return (
    <>
      {sections.map(({ id, rows }) => {
        const title = t.compare.sections[id]
        const shown = showsAll ? rows : rows.filter(({ differs }) => differs)
        const differing = rows.filter(({ differs }) => differs).length
        return (
          <section key={id} className="stack-tight" aria-label={title}>
            <div className="row">
              <h2>{title}</h2>
              <span className="muted">
                {rows.length === 0
                  ? t.compare.noneLogged
                  : differing === 0
                    ? t.compare.allSame(rows.length)
                    : t.compare.differ(f.integer(differing), f.integer(rows.length))}
              </span>
            </div>
            {shown.length > 0 && (
              <ScrollRegion label={t.common.tableRegion(title)} className="table-region">
                <CompareTable
                  label={title}
                  names={names}
                  rows={shown}
                  isGone={isGone}
                  missing={id === 'artifacts' ? t.compare.absent : t.compare.missing}
                  showsDelta={id === 'metrics'}
                />
              </ScrollRegion>
            )}
          </section>
        )
      })}
    </>
  )
}
