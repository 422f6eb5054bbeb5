import { TextInput } from '@mantine/core'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { type FieldsProps, helpBelow, useProblemText } from './side-fields.jsx'

/** By which columns performance is told; of a snapshot also where its predictions and right answers stand. */
export function SegmentFields({ draft, problems, onChange }: FieldsProps) {
  const { t } = useI18n()
  const words = t.monitoring.form
  const problem = useProblemText(problems)
  return (
    <fieldset className="monitor-fields">
      <legend>{words.bySegment}</legend>
      <p className="small muted">{words.bySegmentHelp}</p>
      <div className="monitor-grid">
        <TextInput
          label={words.segments}
          description={words.segmentsHelp}
          inputWrapperOrder={helpBelow}
          value={draft.segments}
          onChange={(event) => onChange({ segments: event.currentTarget.value })}
        />
        {draft.what === 'snapshot' &&
          (['prediction', 'target'] as const).map((field) => (
            <TextInput
              key={field}
              label={words[field]}
              value={draft[field]}
              error={problem(field)}
              onChange={(event) => onChange({ [field]: event.currentTarget.value })}
            />
          ))}
      </div>
    </fieldset>
  )
}
