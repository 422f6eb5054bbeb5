import { Checkbox, NativeSelect, TextInput } from '@mantine/core'
import { parseNumber } from '../../i18n/parse-number.js'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { type FormPartProps, fieldId, useFormPart } from './form-part.js'
import { splits } from './train-draft.js'

const below: ('label' | 'input' | 'description' | 'error')[] = ['label', 'input', 'description', 'error']

/** Which rows the model is tested on, and what chance begins with. */
export function TestPart(props: FormPartProps) {
  const { texts, errorOf } = useFormPart(props)
  const { draft, change, task } = props.form
  return (
    <section className="train-part" aria-labelledby="train-test-title">
      <h2 id="train-test-title">{texts.test.title}</h2>
      <div className="train-fields">
        <NativeSelect
          label={texts.test.split}
          description={texts.test.splitsHelp[draft.split]}
          inputWrapperOrder={below}
          value={draft.split}
          data={splits.map((split) => ({ value: `${split}`, label: texts.test.splits[split] }))}
          onChange={(event) => change({ split: splits.find((one) => one === event.currentTarget.value) ?? 'random' })}
        />
        {draft.split !== 'random' && <SplitColumn {...props} />}
        <TextInput
          id={fieldId('test')}
          label={texts.test.share}
          description={<RowCounts {...props} />}
          inputWrapperOrder={below}
          inputMode="decimal"
          value={draft.test}
          error={errorOf('test')}
          onChange={(event) => change({ test: event.currentTarget.value })}
        />
        <TextInput
          id={fieldId('seed')}
          label={texts.test.seed}
          description={texts.test.seedHelp}
          inputWrapperOrder={below}
          inputMode="numeric"
          value={draft.seed}
          error={errorOf('seed')}
          onChange={(event) => change({ seed: event.currentTarget.value })}
        />
      </div>
      {draft.split === 'random' && task === 'classification' && (
        <Checkbox
          label={texts.test.stratify}
          checked={draft.isStratified}
          onChange={(event) => change({ isStratified: event.currentTarget.checked })}
        />
      )}
      <MoreTests {...props} />
    </section>
  )
}

function SplitColumn(props: FormPartProps) {
  const { texts, errorOf } = useFormPart(props)
  const { draft, change, snapshot } = props.form
  const columns = (snapshot?.columns ?? []).filter(({ name }) => name !== draft.target)
  return (
    <NativeSelect
      id={fieldId('column')}
      label={draft.split === 'group' ? texts.test.groupColumn : texts.test.timeColumn}
      value={draft.column}
      error={errorOf('column')}
      data={[
        { value: '', label: texts.test.chooseColumn },
        ...columns.map(({ name, type }) => ({ value: name, label: `${name} (${texts.types[type]})` })),
      ]}
      onChange={(event) => change({ column: event.currentTarget.value })}
    />
  )
}

/** How many rows that is; of groups it is not known before. */
function RowCounts(props: FormPartProps) {
  const { f } = useI18n()
  const { texts } = useFormPart(props)
  const { draft, snapshot } = props.form
  const percent = parseNumber(draft.test)
  if (snapshot === undefined || percent === undefined || !(percent > 0 && percent < 100) || draft.split === 'group')
    return <>&nbsp;</>
  const test = Math.ceil((snapshot.row_count * percent) / 100)
  return texts.test.rows(f.integer(snapshot.row_count - test), f.integer(test))
}

function MoreTests(props: FormPartProps) {
  const { texts, errorOf } = useFormPart(props)
  const { draft, change, snapshot } = props.form
  const numbers = (snapshot?.columns ?? []).filter(
    ({ name, type }) => (type === 'number' || type === 'integer') && name !== draft.target,
  )
  const isUsed = draft.folds !== '' || draft.weight !== '' || draft.hasCurve
  return (
    <details className="train-more" open={isUsed || undefined}>
      <summary>{texts.test.more}</summary>
      <div className="stack">
        <div className="train-fields">
          <TextInput
            id={fieldId('folds')}
            label={texts.test.folds}
            description={draft.split === 'random' ? texts.test.foldsHelp : texts.test.noFolds}
            inputWrapperOrder={below}
            inputMode="numeric"
            value={draft.folds}
            disabled={draft.split !== 'random'}
            error={errorOf('folds')}
            onChange={(event) => change({ folds: event.currentTarget.value })}
          />
          <NativeSelect
            id={fieldId('weight')}
            label={texts.test.weight}
            value={draft.weight}
            error={errorOf('weight')}
            data={[
              { value: '', label: texts.test.noWeight },
              ...numbers.map(({ name }) => ({ value: name, label: name })),
            ]}
            onChange={(event) => change({ weight: event.currentTarget.value })}
          />
        </div>
        <Checkbox
          label={texts.test.curve}
          description={texts.test.curveHelp}
          checked={draft.hasCurve}
          onChange={(event) => change({ hasCurve: event.currentTarget.checked })}
        />
      </div>
    </details>
  )
}
