import type { Prediction, PredictReply } from '@fabrique/contract'
import { CopyButton } from '../../components/copy-button.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { FactRow } from '../../components/facts.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import './prediction-result.css'

/** The answer: one class large with its probabilities, or a table of rows; and who answered how fast. */
export function PredictionResult({ reply, elapsedMs }: { readonly reply: PredictReply; readonly elapsedMs: number }) {
  const { t, f } = useI18n()
  const only = 'predictions' in reply ? (reply.predictions.length === 1 ? reply.predictions[0] : undefined) : reply
  return (
    <div className="stack">
      {only === undefined && 'predictions' in reply ? (
        <ManyPredictions predictions={reply.predictions} />
      ) : (
        only !== undefined && <OnePrediction prediction={only} />
      )}
      <FactRow
        facts={[
          { name: t.endpoints.version, value: reply.version },
          { name: t.tryOut.answeredIn, value: f.duration(elapsedMs) },
          {
            name: t.tryOut.requestId,
            value: (
              <>
                <code>{reply.request_id}</code>
                <CopyButton value={reply.request_id} what={t.tryOut.requestId} />
              </>
            ),
          },
        ]}
      />
    </div>
  )
}

const highest = ({ probabilities, prediction }: Prediction) => probabilities[prediction] ?? 0

function OnePrediction({ prediction }: { readonly prediction: Prediction }) {
  const { t, f } = useI18n()
  const classes = Object.entries(prediction.probabilities).sort(([, first], [, second]) => second - first)
  return (
    <div className="stack-tight">
      <p className="prediction" role="status">
        <span className="visually-hidden">
          {t.tryOut.answer(prediction.prediction, f.percent(highest(prediction)))}
        </span>
        <span aria-hidden="true">{prediction.prediction}</span>
      </p>
      <h3>{t.tryOut.probabilities}</h3>
      <ul className="bars">
        {classes.map(([name, share]) => (
          <li key={name} className="bar-row" data-first={name === prediction.prediction || undefined}>
            <span className="bar-name">{name}</span>
            <span className="bar-track" aria-hidden="true">
              <span className="bar-fill" style={{ width: `${Math.max(share * 100, 0.4)}%` }} />
            </span>
            <span className="bar-share" title={f.exact(share)}>
              {f.percent(share)}
            </span>
          </li>
        ))}
      </ul>
    </div>
  )
}

function ManyPredictions({ predictions }: { readonly predictions: readonly Prediction[] }) {
  const { t, f } = useI18n()
  return (
    <div className="stack-tight">
      <p role="status">
        <strong>{t.tryOut.rowsAnswered(predictions.length)}</strong>
      </p>
      <DataTable
        label={t.tryOut.result}
        rows={predictions.map((prediction, index) => ({ prediction, number: index + 1 }))}
        rowKey={({ number }) => String(number)}
        columns={[
          { id: 'row', header: t.tryOut.input, render: ({ number }) => t.tryOut.row(number) },
          { id: 'output', header: t.tryOut.output, render: ({ prediction }) => prediction.prediction },
          {
            id: 'share',
            header: t.tryOut.probabilities,
            isNumber: true,
            render: ({ prediction }) => f.percent(highest(prediction)),
          },
        ]}
      />
    </div>
  )
}
