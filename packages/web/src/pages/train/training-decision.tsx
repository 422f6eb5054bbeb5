import type { Run } from '@fabrique/contract'
import { useMemo } from 'react'
import { DataTable } from '../../components/data-table.jsx'
import { CalibrationReport } from '../../components/reports/curve-report.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { Difference } from './difference.jsx'
import { readCalibrationCurves, readGoal, readPositive } from './read-decision.js'
import { metricName, useTrainTexts } from './train-texts.js'
import { numbersOf } from './training-metrics.jsx'
import { useReport } from './use-report.js'
import '../../components/reports/reports.css'

/** Measures of probabilities that a training logs before and after it calibrates them. */
const measures = ['calibration_error', 'brier', 'log_loss'] as const

/** What a calibration changed, and from which probability a row is of the second class. Nothing where there was neither. */
export function TrainingDecision({ run }: { readonly run: Run }) {
  const texts = useTrainTexts()
  const values = numbersOf(run)
  const isCalibrated = run.params.calibration !== undefined && values.calibration_error !== undefined
  if (!isCalibrated && values.threshold === undefined) return null
  return (
    <section className="stack-tight" aria-labelledby="training-decision-title">
      <h2 id="training-decision-title">{texts.decision.results}</h2>
      {values.threshold !== undefined && <Threshold run={run} threshold={values.threshold} />}
      {isCalibrated && <Calibration run={run} />}
    </section>
  )
}

function Threshold({ run, threshold }: { readonly run: Run; readonly threshold: number }) {
  const { f } = useI18n()
  const words = useTrainTexts().decision
  const positive = readPositive(useReport(run.id, 'threshold'))
  const { goal } = readGoal(run.params.threshold)
  const { threshold_score: score } = numbersOf(run)
  const reached =
    score === undefined || goal === '' || goal === 'fixed'
      ? undefined
      : goal === 'cost'
        ? words.costIs(f.metric(Math.abs(score)))
        : words.scoreIs(words.goals[goal], f.metric(score))
  return (
    <p>
      {`${words.thresholdIs(positive ?? words.secondClass, f.metric(threshold))}.`}
      {reached === undefined ? '' : ` ${reached}.`}
    </p>
  )
}

function Calibration({ run }: { readonly run: Run }) {
  const { f } = useI18n()
  const texts = useTrainTexts()
  const words = texts.decision
  const values = numbersOf(run)
  const rows = measures.flatMap((metric) => {
    const [before, after] = [values[`uncalibrated_${metric}`], values[metric]]
    return before === undefined || after === undefined ? [] : [{ metric, before, after }]
  })
  const [before, after] = [useReport(run.id, 'calibration'), useReport(run.id, 'calibration_curve')]
  const curves = useMemo(() => readCalibrationCurves({ before, after }, words), [before, after, words])
  return (
    <div className="report-cards">
      {rows.length > 0 && (
        <div className="stack-tight">
          <p className="muted">{words.resultsHelp}</p>
          <DataTable
            label={words.results}
            rows={rows}
            rowKey={({ metric }) => metric}
            columns={[
              { id: 'measure', header: words.measure, render: ({ metric }) => metricName(texts, metric) },
              { id: 'before', header: words.before, isNumber: true, render: (row) => f.metric(row.before) },
              { id: 'after', header: words.after, isNumber: true, render: (row) => f.metric(row.after) },
              {
                id: 'change',
                header: words.change,
                isNumber: true,
                render: (row) => (
                  <Difference metric={row.metric} change={row.after - row.before} title={words.change} />
                ),
              },
            ]}
          />
        </div>
      )}
      {curves !== undefined && <CalibrationReport curves={curves.after} before={curves.before} />}
    </div>
  )
}
