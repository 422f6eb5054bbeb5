import type { Dataset } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { type FormEvent, useEffect, useState } from 'react'
import { ApiProblem } from '../../api/api-problem.js'
import { call } from '../../api/client.js'
import { queries } from '../../api/queries.js'
import { useChange } from '../../api/use-change.js'
import { Load } from '../../components/load.jsx'
import { Page } from '../../components/page.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { DataPart } from './data-part.jsx'
import { DecisionPart } from './decision-part.jsx'
import { EarlierTrainings } from './earlier-trainings.jsx'
import { FeaturesPart } from './features-part.jsx'
import { fieldId, type Refusal } from './form-part.js'
import { KeepPart } from './keep-part.jsx'
import { ModelPart } from './model-part.jsx'
import { TargetPart } from './target-part.jsx'
import { TestPart } from './test-part.jsx'
import { TrainSummary } from './train-summary.jsx'
import { useTrainTexts } from './train-texts.js'
import { TrainingCode } from './training-code-panel.jsx'
import { TrainingHistory } from './training-history.jsx'
import { fieldOrder, refusedField } from './training-request.js'
import { type TrainForm, useTrainForm } from './use-train-form.js'
import './train.css'

const route = getRouteApi(patterns.train)

/** The form of a training, with the trainings of the project below. */
export function TrainPage() {
  const texts = useTrainTexts()
  const { project } = route.useParams()
  const { dataset, target } = route.useSearch()
  const query = useQuery(queries.datasets(project))
  return (
    <Page title={texts.title} crumbs={[{ label: project }]} lead={<span>{texts.lead}</span>}>
      <Load query={query} lines={8}>
        {({ items }) => <TrainBody key={project} project={project} datasets={items} />}
      </Load>
      <EarlierTrainings project={project} />
      <TrainingHistory project={project} dataset={dataset} target={target} />
    </Page>
  )
}

function TrainBody({ project, datasets }: { readonly project: string; readonly datasets: readonly Dataset[] }) {
  const texts = useTrainTexts()
  const navigate = useNavigate()
  const form = useTrainForm(project, datasets)
  const [wasSent, setWasSent] = useState(false)
  const start = useChange(
    (body: NonNullable<TrainForm['request']>) => call('startTraining', { params: { project }, body }),
    ['jobs', 'runs', 'experiments'],
    ({ run_id: run }) => navigate({ to: paths.training({ project, run }) } as never),
  )
  const refusal = useRefusal(start.error, form)
  const wrong = wrongFields(form)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setWasSent(true)
    start.reset()
    const [first] = wrong
    if (first !== undefined) focusField(first)
    else if (form.request !== undefined && !start.isPending) start.mutate(form.request)
  }
  const part = { form, wasSent, refusal }
  const hasTarget = form.snapshot !== undefined && form.draft.target !== ''
  return (
    <form className="train" onSubmit={submit} noValidate aria-label={texts.form}>
      <div className="train-parts">
        <DataPart {...part} />
        {form.snapshot !== undefined && <TargetPart {...part} />}
        {hasTarget && (
          <>
            <FeaturesPart {...part} />
            <ModelPart {...part} />
            {form.task === 'classification' && <DecisionPart {...part} />}
            <TestPart {...part} />
            <KeepPart {...part} />
          </>
        )}
      </div>
      <aside className="train-aside" aria-label={texts.summary.title}>
        <TrainSummary form={form} />
        <div className="stack-tight">
          <Button type="submit" size="md" loading={start.isPending} className="train-start">
            {texts.start}
          </Button>
          {wasSent && wrong.length > 0 && (
            <p className="tone-failure" role="status">
              {texts.fix(wrong.length)}
            </p>
          )}
          {start.error !== null && <FailurePanel error={start.error} />}
        </div>
        <TrainingCode form={form} />
      </aside>
    </form>
  )
}

/** The wrong fields in the order in which they stand. */
function wrongFields({ problems }: TrainForm) {
  const fields = Object.keys(problems) as (keyof typeof problems)[]
  const place = (field: (typeof fields)[number]) =>
    field.startsWith('param.') ? fieldOrder.indexOf('estimator') + 0.5 : fieldOrder.indexOf(field)
  return fields.sort((first, second) => place(first) - place(second))
}

function focusField(field: Parameters<typeof fieldId>[0]): void {
  const element = document.getElementById(fieldId(field))
  element?.closest('details')?.setAttribute('open', '')
  element?.focus()
}

/** The field that the server refused; it gets the focus once. */
function useRefusal(error: unknown, { estimator }: TrainForm): Refusal | undefined {
  const field = error instanceof ApiProblem ? refusedField(error) : undefined
  const isShown = field !== undefined && (!field.startsWith('param.') || estimator !== undefined)
  useEffect(() => {
    if (isShown) focusField(field)
  }, [field, isShown])
  return isShown && error instanceof ApiProblem ? { field, message: error.message } : undefined
}
