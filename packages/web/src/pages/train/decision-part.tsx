import { NativeSelect, TextInput } from '@mantine/core'
import { type FormPartProps, fieldId, useFormPart } from './form-part.js'
import { calibrations, type TrainDraft, thresholdGoals } from './train-draft.js'
import { takesThreshold } from './training-request.js'

const below: ('label' | 'input' | 'description' | 'error')[] = ['label', 'input', 'description', 'error']

/** The numbers that a goal asks for. */
const goalFields: Readonly<
  Partial<Record<TrainDraft['threshold'], readonly ('beta' | 'falsePositive' | 'falseNegative' | 'recall' | 'cut')[]>>
> = {
  f_beta: ['beta'],
  cost: ['falsePositive', 'falseNegative'],
  precision_at_recall: ['recall'],
  fixed: ['cut'],
}

/** What probabilities are worth, and from which of them a row is of the second class. Of classes only. */
export function DecisionPart(props: FormPartProps) {
  const { texts, errorOf } = useFormPart(props)
  const { draft, change } = props.form
  const words = texts.decision
  const hasThreshold = takesThreshold(props.form)
  return (
    <section className="train-part" aria-labelledby="train-decision-title">
      <h2 id="train-decision-title">{words.title}</h2>
      <p className="small muted">{words.help}</p>
      <div className="train-fields">
        <NativeSelect
          label={words.calibration}
          description={words.calibrationsHelp[draft.calibration === '' ? 'none' : draft.calibration]}
          inputWrapperOrder={below}
          value={draft.calibration}
          data={[
            { value: '', label: words.calibrations.none },
            ...calibrations.map((one) => ({ value: `${one}`, label: words.calibrations[one] })),
          ]}
          onChange={(event) =>
            change({ calibration: calibrations.find((one) => one === event.currentTarget.value) ?? '' })
          }
        />
        <NativeSelect
          label={words.threshold}
          description={
            hasThreshold ? words.goalsHelp[draft.threshold === '' ? 'none' : draft.threshold] : words.twoClasses
          }
          inputWrapperOrder={below}
          disabled={!hasThreshold}
          value={hasThreshold ? draft.threshold : ''}
          data={[
            { value: '', label: words.goals.none },
            ...thresholdGoals.map((goal) => ({ value: `${goal}`, label: words.goals[goal] })),
          ]}
          onChange={(event) =>
            change({ threshold: thresholdGoals.find((goal) => goal === event.currentTarget.value) ?? '' })
          }
        />
        {(hasThreshold ? (goalFields[draft.threshold] ?? []) : []).map((field) => (
          <TextInput
            key={field}
            id={fieldId(field)}
            label={words[field]}
            inputMode="decimal"
            value={draft[field]}
            error={errorOf(field)}
            onChange={(event) => change({ [field]: event.currentTarget.value })}
          />
        ))}
      </div>
    </section>
  )
}
