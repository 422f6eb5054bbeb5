import type { ReportMultivariate } from '@fabrique/contract'
import { DataTable } from '../../components/data-table.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { DecidedWord } from './decided-word.jsx'
import { thresholdText } from './metric-text.js'

/** Whether columns go together as they did: each method with its bound, and which columns tell the sides apart. */
export function MultivariateTable({ found }: { readonly found: readonly ReportMultivariate[] }) {
  const { t, f } = useI18n()
  const words = t.monitoring
  return (
    <section className="stack-tight" aria-labelledby="report-together">
      <h2 id="report-together">{words.together}</h2>
      <DataTable
        label={words.together}
        rows={found}
        rowKey={({ method }) => method}
        columns={[
          { id: 'state', header: words.level, render: (one) => <Result found={one} /> },
          { id: 'method', header: words.method, isWide: true, render: (one) => <Method found={one} /> },
          {
            id: 'score',
            header: words.score,
            isNumber: true,
            render: ({ score, low, high }) => (
              <>
                {score === null ? '–' : f.metric(score)}
                {low !== undefined && high !== undefined && (
                  <span className="small muted found-band"> ({words.band(f.metric(low), f.metric(high))})</span>
                )}
              </>
            ),
          },
          {
            id: 'bound',
            header: words.bound,
            isNumber: true,
            render: ({ threshold_low: lower, threshold }) => {
              if (threshold === null) return '–'
              const upper = thresholdText(threshold, f)
              return lower === undefined ? upper : words.between(thresholdText(lower, f), upper)
            },
          },
          {
            id: 'importances',
            header: words.importances,
            render: ({ importances }) =>
              importances.length === 0 ? '–' : <Importances importances={importances.slice(0, 5)} />,
          },
        ]}
      />
    </section>
  )
}

function Result({ found: { drift, state } }: { readonly found: ReportMultivariate }) {
  const words = useI18n().t.monitoring
  const told =
    drift === true
      ? words.decided.drift
      : drift === false
        ? words.decided.calm
        : state === 'tested'
          ? words.decided.unknown
          : words.columnStates[state]
  return <DecidedWord isAlarm={drift}>{told}</DecidedWord>
}

function Method({ found: { method, sentence } }: { readonly found: ReportMultivariate }) {
  const words = useI18n().t.monitoring
  return (
    <div className="found-cell">
      {words.togetherMethods[method]} <span className="muted">{words.togetherScores[method]}</span>
      <p className="small muted prose">{sentence}.</p>
    </div>
  )
}

function Importances({ importances }: Pick<ReportMultivariate, 'importances'>) {
  const { t, f } = useI18n()
  return (
    <ul className="importances small">
      {importances.map(({ column, share }) => (
        <li key={column}>
          <span className="importance-bar" style={{ inlineSize: `${Math.round(share * 100)}%` }} aria-hidden="true" />
          <span>{t.monitoring.importance(column, f.percent(share))}</span>
        </li>
      ))}
    </ul>
  )
}
