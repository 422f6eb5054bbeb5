import { Facts } from '../../components/facts.jsx'
import { parseNumber } from '../../i18n/parse-number.js'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { chosenFeatures } from './train-draft.js'
import { estimatorName, useTrainTexts } from './train-texts.js'
import { featureCandidates } from './training-request.js'
import type { TrainForm } from './use-train-form.js'

/** What will be done, in short, beside the form. */
export function TrainSummary({ form }: { readonly form: TrainForm }) {
  const { f } = useI18n()
  const texts = useTrainTexts()
  const { summary } = texts
  const { draft, snapshot, estimator } = form
  const percent = parseNumber(draft.test)
  const share = percent === undefined ? '–' : f.percent(percent / 100)
  const name = estimator === undefined ? '–' : estimatorName(texts, estimator.kind, estimator)
  const model = {
    one: name,
    search: summary.search(name, draft.trials),
    auto: summary.auto(f.duration((parseNumber(draft.budget) ?? 0) * 1000)),
  }[draft.mode]
  const { calibration, threshold } = form.request ?? {}
  const decision =
    calibration === undefined && threshold === undefined
      ? undefined
      : [
          ...(calibration === undefined ? [] : [texts.decision.calibrations[calibration]]),
          ...(threshold === undefined ? [] : [texts.decision.goals[threshold.goal]]),
        ].join(', ')
  const test = {
    random: summary.random(share),
    group: summary.group(share, draft.column),
    time: summary.time(share, draft.column),
  }[draft.split]
  const features = chosenFeatures(draft.features, featureCandidates(draft, snapshot?.columns ?? []))
  return (
    <section className="stack-tight" aria-labelledby="train-summary-title">
      <h2 id="train-summary-title">{summary.title}</h2>
      {snapshot === undefined || draft.target === '' ? (
        <p className="muted">{summary.notYet}</p>
      ) : (
        <Facts
          facts={[
            { name: summary.from, value: snapshot.dataset },
            { name: summary.target, value: `${draft.target}, ${texts.target[form.task].toLowerCase()}` },
            { name: summary.features, value: summary.count(features.length) },
            { name: summary.model, value: model },
            ...(decision === undefined ? [] : [{ name: summary.decision, value: decision }]),
            { name: summary.test, value: test },
            { name: summary.keep, value: draft.register.trim() === '' ? summary.notKept : draft.register.trim() },
          ]}
        />
      )}
    </section>
  )
}
