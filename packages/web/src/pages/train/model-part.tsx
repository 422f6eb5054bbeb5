import type { EstimatorInfo, EstimatorParameter } from '@fabrique/contract'
import { Checkbox, NativeSelect, SegmentedControl, TextInput } from '@mantine/core'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { type FormPartProps, fieldId, useFormPart } from './form-part.js'
import { MetricField } from './metric-field.jsx'
import { ParameterField } from './parameter-field.jsx'
import { sortParameters } from './parameter-text.js'
import { modes, searchMethods } from './train-draft.js'
import { estimatorHelp, estimatorName, type TrainTexts } from './train-texts.js'

const modeOf = (value: string) => modes.find((one) => one === value) ?? 'one'

/** Which model learns: one with its parameters, the best of a search, or the best of several. */
export function ModelPart(props: FormPartProps) {
  const { texts } = useFormPart(props)
  const { draft, change, estimator } = props.form
  return (
    <section className="train-part" aria-labelledby="train-model-title">
      <h2 id="train-model-title">{texts.model.title}</h2>
      <div className="stack-tight">
        <div className="row">
          <SegmentedControl
            aria-label={texts.model.mode}
            value={draft.mode}
            data={modes.map((mode) => ({ value: `${mode}`, label: texts.model.modes[mode] }))}
            onChange={(value) => change({ mode: modeOf(value) })}
          />
        </div>
        <p className="small muted">{texts.model.modesHelp[draft.mode]}</p>
      </div>
      {draft.mode === 'auto' ? <AutoFields {...props} /> : <EstimatorField {...props} />}
      {draft.mode === 'search' && <SearchFields {...props} />}
      {draft.mode === 'one' && estimator !== undefined && <Parameters key={estimator.kind} {...props} />}
    </section>
  )
}

function EstimatorField(props: FormPartProps) {
  const { texts, errorOf } = useFormPart(props)
  const { estimators, estimator, change } = props.form
  const kind = estimator?.kind ?? ''
  return (
    <NativeSelect
      id={fieldId('estimator')}
      label={texts.model.estimator}
      description={estimatorHelp(texts, kind)}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      value={kind}
      error={errorOf('estimator')}
      data={estimators.map((one) => ({
        value: one.kind,
        label: `${estimatorName(texts, one.kind, one)} (${one.kind})`,
      }))}
      onChange={(event) => change({ estimator: event.currentTarget.value })}
    />
  )
}

function AutoFields(props: FormPartProps) {
  const { texts, errorOf } = useFormPart(props)
  const { draft, change } = props.form
  return (
    <div className="train-fields">
      <TextInput
        id={fieldId('budget')}
        label={texts.model.budget}
        description={texts.model.candidates}
        inputWrapperOrder={['label', 'input', 'description', 'error']}
        inputMode="decimal"
        value={draft.budget}
        error={errorOf('budget')}
        onChange={(event) => change({ budget: event.currentTarget.value })}
      />
      <MetricField
        {...props}
        field="metric"
        label={texts.model.metric}
        value={draft.metric}
        onChange={(metric) => change({ metric })}
      />
    </div>
  )
}

function SearchFields(props: FormPartProps) {
  const { texts, errorOf } = useFormPart(props)
  const { draft, change, estimator } = props.form
  return (
    <>
      <div className="train-fields">
        <NativeSelect
          label={texts.model.method}
          value={draft.method}
          data={searchMethods.map((method) => ({ value: `${method}`, label: texts.model.methods[method] }))}
          onChange={(event) =>
            change({ method: searchMethods.find((one) => one === event.currentTarget.value) ?? 'tpe' })
          }
        />
        <TextInput
          id={fieldId('trials')}
          label={texts.model.trials}
          inputMode="numeric"
          value={draft.trials}
          error={errorOf('trials')}
          onChange={(event) => change({ trials: event.currentTarget.value })}
        />
        <MetricField
          {...props}
          field="metric"
          label={texts.model.metric}
          value={draft.metric}
          onChange={(metric) => change({ metric })}
        />
      </div>
      <Checkbox
        label={texts.model.prune}
        checked={draft.prune}
        onChange={(event) => change({ prune: event.currentTarget.checked })}
      />
      {estimator !== undefined && <SearchSpace estimator={estimator} texts={texts} />}
    </>
  )
}

/** What a search looks at when it is not told otherwise. */
function SearchSpace({ estimator, texts }: { readonly estimator: EstimatorInfo; readonly texts: TrainTexts }) {
  const { f } = useI18n()
  const searched = estimator.parameters.flatMap(({ name, search }) => (search === undefined ? [] : [{ name, search }]))
  return (
    <div className="stack-tight">
      <h3>{texts.model.searched}</h3>
      <ul className="train-space">
        {searched.map(({ name, search: { low, high, is_log } }) => (
          <li key={name}>
            <code>{name}</code>{' '}
            <span className="muted">
              {(is_log ? texts.model.rangeLog : texts.model.range)(f.exact(low), f.exact(high))}
            </span>
          </li>
        ))}
      </ul>
    </div>
  )
}

function Parameters(props: FormPartProps) {
  const { texts } = useFormPart(props)
  const { estimator, draft, problems } = props.form
  const { first, others } = sortParameters(estimator?.parameters ?? [])
  const isOpen = others.some(({ name }) => (draft.params[name] ?? '') !== '' || problems[`param.${name}`] !== undefined)
  if (first.length + others.length === 0) return <p className="muted">{texts.model.noParameters}</p>
  return (
    <div className="stack-tight">
      <h3>{texts.model.parameters}</h3>
      <p className="small muted">{texts.model.parametersHelp}</p>
      <ParameterFields {...props} specs={first} />
      {others.length > 0 && (
        <details className="train-more" open={isOpen || undefined}>
          <summary>{texts.model.more(others.length)}</summary>
          <ParameterFields {...props} specs={others} />
        </details>
      )}
    </div>
  )
}

function ParameterFields({ specs, ...props }: FormPartProps & { readonly specs: readonly EstimatorParameter[] }) {
  const { texts, errorOf } = useFormPart(props)
  const { draft, change } = props.form
  return (
    <div className="train-fields">
      {specs.map((spec) => (
        <ParameterField
          key={spec.name}
          spec={spec}
          text={draft.params[spec.name] ?? ''}
          error={errorOf(`param.${spec.name}`)}
          texts={texts}
          onChange={(text) => change({ params: { ...draft.params, [spec.name]: text } })}
        />
      ))}
    </div>
  )
}
