import type {
  ClassPrediction,
  ModelSignature,
  NumberPrediction,
  Prediction,
  PredictReply,
  ScoredPrediction,
} from '@fabrique/contract'
import { CopyButton } from '../../components/copy-button.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { FactRow } from '../../components/facts.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { predictionText } from './prediction-text.js'
import { UsedFeatures } from './used-features.jsx'
import './prediction-result.css'

interface PredictionResultProps {
  readonly reply: PredictReply
  readonly target: ModelSignature['target']
  readonly elapsedMs: number
}

/** The answer: one prediction large with what is known of each class, or a table of rows; and who answered how fast. */
export function PredictionResult({ reply, target, elapsedMs }: PredictionResultProps) {
  const { t, f } = useI18n()
  const only = 'predictions' in reply ? (reply.predictions.length === 1 ? reply.predictions[0] : undefined) : reply
  return (
    <div className="stack">
      {only === undefined && 'predictions' in reply ? (
        <ManyPredictions predictions={reply.predictions} target={target} />
      ) : (
        only !== undefined && <OnePrediction prediction={only} target={target} />
      )}
      {only?.features_used !== undefined && <UsedFeatures features={only.features_used} />}
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

interface OnePredictionProps {
  readonly prediction: Prediction
  readonly target: ModelSignature['target']
}

function OnePrediction({ prediction, target }: OnePredictionProps) {
  if ('probabilities' in prediction) return <ProbableClass prediction={prediction} />
  if ('scores' in prediction) return <ScoredClass prediction={prediction} />
  return <PredictedNumber prediction={prediction} target={target} />
}

/** What is predicted, large, and told to those who hear it. */
function Headline({ text, spoken }: { readonly text: string; readonly spoken: string }) {
  return (
    <p className="prediction" role="status">
      <span className="visually-hidden">{spoken}</span>
      <span aria-hidden="true">{text}</span>
    </p>
  )
}

function PredictedNumber({ prediction, target }: OnePredictionProps & { readonly prediction: NumberPrediction }) {
  const { t, f } = useI18n()
  const text = predictionText(prediction, target, f)
  return (
    <div className="stack-tight">
      <Headline text={text} spoken={t.tryOut.numberAnswer(text)} />
      <p className="muted">{target.name}</p>
    </div>
  )
}

const descending = (values: Readonly<Record<string, number>>) =>
  Object.entries(values).sort(([, first], [, second]) => second - first)

function ProbableClass({ prediction: { prediction, probabilities } }: { readonly prediction: ClassPrediction }) {
  const { t, f } = useI18n()
  return (
    <div className="stack-tight">
      <Headline text={prediction} spoken={t.tryOut.answer(prediction, f.percent(probabilities[prediction] ?? 0))} />
      <h3>{t.tryOut.probabilities}</h3>
      <ul className="bars">
        {descending(probabilities)
          .slice(0, classesShownMax)
          .map(([name, share]) => (
            <li key={name} className="bar-row" data-first={name === prediction || undefined}>
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
      <MoreClasses of={probabilities} />
    </div>
  )
}

/** Classes that are shown; a model may tell thousands apart. */
const classesShownMax = 20

function MoreClasses({ of }: { readonly of: Readonly<Record<string, number>> }) {
  const { t } = useI18n()
  const more = Object.keys(of).length - classesShownMax
  return more > 0 && <p className="muted">{t.tryOut.moreClasses(more)}</p>
}

/** Scores have no scale, so there is nothing to draw them against. */
function ScoredClass({ prediction: { prediction, scores } }: { readonly prediction: ScoredPrediction }) {
  const { t, f } = useI18n()
  return (
    <div className="stack-tight">
      <Headline text={prediction} spoken={t.tryOut.scoreAnswer(prediction, f.metric(scores[prediction] ?? 0))} />
      <h3>{t.tryOut.scores}</h3>
      <ul className="bars">
        {descending(scores)
          .slice(0, classesShownMax)
          .map(([name, score]) => (
            <li key={name} className="bar-row" data-first={name === prediction || undefined}>
              <span className="bar-name">{name}</span>
              <span />
              <span className="bar-share" title={f.exact(score)}>
                {f.metric(score)}
              </span>
            </li>
          ))}
      </ul>
      <MoreClasses of={scores} />
    </div>
  )
}

interface ManyPredictionsProps {
  readonly predictions: readonly Prediction[]
  readonly target: ModelSignature['target']
}

/** Rows of the answer that are shown; a file has them all. */
const rowsShownMax = 200

function ManyPredictions({ predictions, target }: ManyPredictionsProps) {
  const { t, f } = useI18n()
  const [first] = predictions
  const isNumber = typeof first?.prediction === 'number'
  const hasScores = first !== undefined && 'scores' in first
  const share = (prediction: Prediction) => {
    if ('probabilities' in prediction) return f.percent(prediction.probabilities[prediction.prediction] ?? 0)
    return 'scores' in prediction ? f.metric(prediction.scores[prediction.prediction] ?? 0) : ''
  }
  return (
    <div className="stack-tight">
      <p role="status">
        <strong>{t.tryOut.rowsAnswered(predictions.length)}</strong>
      </p>
      <DataTable
        label={t.tryOut.result}
        rows={predictions.slice(0, rowsShownMax).map((prediction, index) => ({ prediction, number: index + 1 }))}
        rowKey={({ number }) => String(number)}
        columns={[
          { id: 'row', header: t.tryOut.input, render: ({ number }) => t.tryOut.row(number) },
          {
            id: 'output',
            header: t.tryOut.output,
            isNumber,
            render: ({ prediction }) => predictionText(prediction, target, f),
          },
          ...(isNumber
            ? []
            : [
                {
                  id: 'share',
                  header: hasScores ? t.tryOut.score : t.tryOut.probabilities,
                  isNumber: true,
                  render: ({ prediction }: { readonly prediction: Prediction }) => share(prediction),
                },
              ]),
        ]}
      />
      {predictions.length > rowsShownMax && <p className="muted">{t.tryOut.firstRows(f.integer(rowsShownMax))}</p>}
    </div>
  )
}
