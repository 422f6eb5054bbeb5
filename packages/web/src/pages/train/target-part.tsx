import type { ColumnProfile, SnapshotColumn } from '@fabrique/contract'
import { NativeSelect, SegmentedControl } from '@mantine/core'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { Histogram } from '../datasets/histogram.jsx'
import { showRounded } from '../datasets/show-value.js'
import { type FormPartProps, fieldId, useFormPart } from './form-part.js'
import { mayBeTarget } from './guess-task.js'
import type { TrainTexts } from './train-texts.js'

/** The column to predict, how its values are spread, and whether they are classes or numbers. */
export function TargetPart(props: FormPartProps) {
  const { form } = props
  const { texts, errorOf } = useFormPart(props)
  const { draft, change, snapshot, profiles, task } = form
  const columns = snapshot?.columns ?? []
  const column = columns.find(({ name }) => name === draft.target)
  const profile = profiles.get(draft.target)
  return (
    <section className="train-part" aria-labelledby="train-target-title">
      <h2 id="train-target-title">{texts.target.title}</h2>
      <div className="train-fields">
        <NativeSelect
          id={fieldId('target')}
          label={texts.target.label}
          description={texts.target.help}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          value={draft.target}
          error={errorOf('target')}
          data={[
            { value: '', label: texts.target.choose },
            ...columns
              .filter((one) => mayBeTarget(one) || one.name === draft.target)
              .map(({ name, type }) => ({ value: name, label: `${name} (${texts.types[type]})` })),
          ]}
          onChange={(event) => change({ target: event.currentTarget.value })}
        />
        {column !== undefined && profile !== undefined && <TargetValues profile={profile} texts={texts} />}
      </div>
      {column !== undefined && (
        <div className="stack-tight">
          <span className="train-label" id="train-task">
            {texts.target.task}
          </span>
          <div className="row">
            <SegmentedControl
              aria-labelledby="train-task"
              value={task}
              data={(['classification', 'regression'] as const).map((value) => ({
                value: `${value}`,
                label: texts.target[value],
              }))}
              onChange={(value) => change({ task: value === 'classification' ? 'classification' : 'regression' })}
            />
          </div>
          <TaskNote column={column} form={form} texts={texts} />
        </div>
      )}
    </section>
  )
}

function TaskNote({
  column,
  form: { draft, task },
  texts: { target },
}: {
  readonly column: SnapshotColumn
  readonly form: FormPartProps['form']
  readonly texts: TrainTexts
}) {
  const isText = column.type === 'text' || column.type === 'category'
  if (task === 'regression' && isText) return <p className="small tone-warning">{target.notNumbers}</p>
  return (
    <p className="small muted">
      {task === 'classification' ? target.classificationHelp : target.regressionHelp}
      {draft.task === '' && ` ${target.guessed}`}
    </p>
  )
}

function TargetValues({ profile, texts }: { readonly profile: ColumnProfile; readonly texts: TrainTexts }) {
  const { f } = useI18n()
  const { distinct, distinct_is_exact, missing, min, max, mean } = profile
  const hasMean = mean !== undefined && min !== undefined && max !== undefined
  return (
    <div className="train-values">
      <Histogram profile={profile} size="large" />
      <p className="small muted">
        {texts.target.distinct(distinct, distinct_is_exact)}
        {hasMean &&
          `. ${texts.target.between(showRounded(min, f), showRounded(max, f), showRounded(Number(mean.toPrecision(4)), f))}`}
      </p>
      {missing > 0 && <p className="small tone-warning">{texts.target.missing(missing)}</p>}
      {distinct <= 1 && <p className="small tone-warning">{texts.target.constant}</p>}
    </div>
  )
}
