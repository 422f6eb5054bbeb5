import type { ColumnDrift, DriftReport } from './model.js'

/** One of both sides, as a document names it: a path, a snapshot, a version. */
export type NamedSide = Readonly<Record<string, string>>

/** The report as one JSON document, as `fabrique drift report --json` prints it. */
export function driftDocument(
  report: DriftReport,
  { reference, current }: { readonly reference: NamedSide; readonly current: NamedSide },
) {
  return {
    mode: report.mode,
    reference: { ...reference, rows: report.referenceRows },
    current: { ...current, rows: report.currentRows },
    drift: report.datasetDrift,
    drifted_columns: report.drifted,
    tested_columns: report.tested,
    broken_columns: report.broken,
    drift_share: report.share,
    drift_share_threshold: report.shareMin,
    why: report.why.en,
    why_fr: report.why.fr,
    columns: report.columns.map(columnDocument),
  }
}

function columnDocument(column: ColumnDrift) {
  const { calibration, missing } = column
  return {
    name: column.name,
    type: column.type,
    state: column.state,
    method: column.method,
    score: column.score,
    threshold: column.threshold,
    drift: column.drift,
    broken: column.broken,
    reference_rows: column.referenceRows,
    current_rows: column.currentRows,
    reference_missing: missing.reference,
    current_missing: missing.current,
    ...(calibration === undefined
      ? {}
      : {
          p_value: calibration.pValue,
          p_adjusted: calibration.adjusted,
          effect: calibration.effect,
          effect_min: calibration.effectMin,
        }),
    why: column.why.en,
    why_fr: column.why.fr,
  }
}
