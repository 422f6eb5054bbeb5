import type { Job, Run } from '@fabrique/contract'
import { useEffect, useState } from 'react'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { addStage, keepStages, readStages, type SeenStage } from './stage-log.js'
import { stageName, useTrainTexts } from './train-texts.js'

/** What happened when: what the server knows, and the stages that this tab saw. */
export function TrainingStages({ run, job }: { readonly run: Run; readonly job: Job }) {
  const { f } = useI18n()
  const texts = useTrainTexts()
  const [seen, setSeen] = useState<readonly SeenStage[]>(() => readStages(run.id))
  useEffect(() => setSeen((before) => addStage(before, job, Date.now())), [job])
  useEffect(() => keepStages(run.id, seen), [run.id, seen])
  const at = (moment: string | undefined) => (moment === undefined ? undefined : Date.parse(moment))
  const ended = { succeeded: 'finished', failed: 'failed', cancelled: 'killed', queued: '', running: '' }[job.state]
  const [began, end] = [at(job.started_at), at(job.ended_at)]
  const log: readonly SeenStage[] = [
    { stage: 'queued', at: Date.parse(job.created_at) },
    ...(began === undefined || seen[0]?.stage === 'read' ? [] : [{ stage: 'read', at: began }]),
    ...seen,
    ...(end === undefined ? [] : [{ stage: ended, at: end }]),
  ]
  return (
    <section className="stack-tight" aria-labelledby="training-log-title">
      <h2 id="training-log-title">{texts.run.log}</h2>
      <ol className="train-log" aria-live="polite">
        {log.map(({ stage, at: moment }) => (
          <li key={`${stage} ${moment}`}>
            <time dateTime={new Date(moment).toISOString()}>{f.time(new Date(moment).toISOString())}</time>
            <span>{stageName(texts, stage)}</span>
          </li>
        ))}
      </ol>
    </section>
  )
}
