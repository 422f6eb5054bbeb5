import { NativeSelect, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useId } from 'react'
import { queries } from '../../api/queries.js'
import { type FormPartProps, fieldId, useFormPart } from './form-part.js'
import { MetricField } from './metric-field.jsx'
import { promotions } from './train-draft.js'

const below: ('label' | 'input' | 'description' | 'error')[] = ['label', 'input', 'description', 'error']

/** What becomes of the result: its name, the model it is a version of, and whether predictions follow it. */
export function KeepPart(props: FormPartProps) {
  const { texts, errorOf } = useFormPart(props)
  const { draft, change } = props.form
  const listId = useId()
  const known = useQuery(queries.models()).data?.items ?? []
  const isRegistered = draft.register.trim() !== ''
  return (
    <section className="train-part" aria-labelledby="train-keep-title">
      <h2 id="train-keep-title">{texts.keep.title}</h2>
      <div className="train-fields">
        <TextInput
          id={fieldId('name')}
          label={texts.keep.name}
          description={texts.keep.nameHelp}
          inputWrapperOrder={below}
          autoComplete="off"
          maxLength={250}
          value={draft.name}
          error={errorOf('name')}
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
        <TextInput
          id={fieldId('register')}
          label={texts.keep.register}
          description={texts.keep.registerHelp}
          inputWrapperOrder={below}
          list={listId}
          autoComplete="off"
          maxLength={256}
          value={draft.register}
          error={errorOf('register')}
          onChange={(event) => change({ register: event.currentTarget.value })}
        />
        <datalist id={listId}>
          {known.map(({ name }) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <NativeSelect
          label={texts.keep.promote}
          description={isRegistered ? texts.keep.promoteHelp[draft.promote] : texts.keep.needsModel}
          inputWrapperOrder={below}
          value={isRegistered ? draft.promote : 'never'}
          disabled={!isRegistered}
          data={promotions.map((one) => ({ value: `${one}`, label: texts.keep.promotions[one] }))}
          onChange={(event) =>
            change({ promote: promotions.find((one) => one === event.currentTarget.value) ?? 'never' })
          }
        />
        {isRegistered && draft.promote === 'if_better' && (
          <MetricField
            {...props}
            label={texts.keep.promoteMetric}
            value={draft.promoteMetric}
            onChange={(promoteMetric) => change({ promoteMetric })}
          />
        )}
      </div>
    </section>
  )
}
