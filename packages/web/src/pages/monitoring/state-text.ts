import type { Monitor, MonitorReport } from '@fabrique/contract'
import type { Catalogue } from '../../i18n/catalogue.js'
import type { Format } from '../../i18n/format.js'

type Told = Pick<
  MonitorReport,
  | 'state'
  | 'tested'
  | 'drifted'
  | 'broken'
  | 'violated'
  | 'multivariate_drift'
  | 'performance_falls'
  | 'segments_fallen'
  | 'segments_undecided'
  | 'rows_min'
  | 'reference'
  | 'current'
  | 'error'
>

/** What a report found, in a few words; the whole sentence stands in the report. Too little data is never "no drift". */
export function foundText(report: Told, t: Pick<Catalogue, 'monitoring'>, f: Format): string {
  const words = t.monitoring
  if (report.state === 'failed') return report.error?.message ?? ''
  const { reference, current, rows_min: min, tested, drifted, broken, violated } = report
  const { segments_fallen: fallen = 0 } = report
  const parts = [
    ...(drifted > 0 ? [words.driftIn(f.integer(drifted), tested)] : []),
    ...(broken > 0 ? [words.notCompared(broken)] : []),
    ...(report.multivariate_drift === true ? [words.togetherDrift] : []),
    ...(report.performance_falls === true ? [words.doesWorse] : []),
    ...(fallen > 0 ? [words.worseIn(fallen)] : []),
    ...(violated > 0 ? [words.broken(violated)] : []),
  ]
  if (report.state === 'not_enough_data' && parts.length === 0) {
    const rows = Math.min(reference?.rows ?? 0, current?.rows ?? 0)
    return words.tooFew(f.integer(rows), f.integer(min))
  }
  const calm = parts.length === 0 ? [words.noDriftIn(tested)] : parts
  const { segments_undecided: undecided = 0 } = report
  const unknown = [
    ...(report.multivariate_drift === null ? [words.togetherUnknown] : []),
    ...(report.performance_falls === null ? [words.performanceUnknown] : []),
    ...(undecided > 0 ? [words.segmentsUnknown(undecided)] : []),
  ]
  const text = [...calm, ...unknown].join(', ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** The same of a monitor. */
export function stateText(
  { last_report: report }: Pick<Monitor, 'last_report'>,
  t: Pick<Catalogue, 'monitoring'>,
  f: Format,
): string {
  return report === undefined ? t.monitoring.notYet : foundText(report, t, f)
}

/** What a monitor looks at. */
export function watchesText(
  { definition: { current, model = '' } }: Pick<Monitor, 'definition'>,
  t: Pick<Catalogue, 'monitoring'>,
): string {
  const words = t.monitoring
  if (current.kind === 'snapshot') return words.datasetAt(current.dataset, current.ref)
  return current.version === undefined ? words.predictionsOf(model) : words.predictionsOfVersion(model, current.version)
}
