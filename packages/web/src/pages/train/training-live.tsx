import type { Job, Run } from '@fabrique/contract'
import { useEffect, useRef, useState } from 'react'
import { useNow } from '../../components/use-now.js'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { type Passage, timeLeft } from './stage-log.js'
import { stageName, useTrainTexts } from './train-texts.js'

/** A training that nobody takes for so long has no worker. */
const queuedLongMs = 10_000

interface TrainingLiveProps {
  readonly run: Run
  readonly job: Job | undefined
}

/** How far a training is: its stage, a bar where the whole is known, and the time left. */
export function TrainingLive({ run, job }: TrainingLiveProps) {
  const { f } = useI18n()
  const texts = useTrainTexts()
  const now = useNow(1000)
  const { stage = 'queued', steps_done, steps_total, rows_done, current, attempt } = progressOf(job)
  const left = useTimeLeft(stage, steps_done, steps_total)
  const isQueued = job === undefined || job.state === 'queued'
  const budget = Number(run.params['auto.budget_seconds'])
  const atMost =
    stage === 'search' && budget > 0 && job?.started_at !== undefined
      ? Math.max(0, Date.parse(job.started_at) + budget * 1000 - now)
      : undefined
  const share = steps_done !== undefined && steps_total ? Math.min(1, steps_done / steps_total) : undefined
  const facts = [
    ...(steps_done === undefined || stage === 'evaluate'
      ? []
      : [
          steps_total === undefined
            ? texts.run.tried(steps_done)
            : texts.run.iteration(f.integer(steps_done), f.integer(steps_total)),
        ]),
    ...(steps_done !== undefined || rows_done === undefined || rows_done === 0 ? [] : [texts.run.rows(rows_done)]),
    ...(current === undefined ? [] : [current]),
    ...(left === undefined ? [] : [texts.run.left(f.duration(Math.ceil(left / 1000) * 1000))]),
    ...(atMost === undefined ? [] : [texts.run.leftAtMost(f.duration(Math.ceil(atMost / 1000) * 1000))]),
  ]
  const isLate = isQueued && now - Date.parse(run.started_at) > queuedLongMs
  return (
    <section className="panel stack-tight train-live" aria-labelledby="training-progress-title">
      <h2 id="training-progress-title" className="visually-hidden">
        {texts.run.progress}
      </h2>
      <p role="status" className="train-stage">
        {isQueued ? texts.run.queued : stageName(texts, stage)}
      </p>
      <progress
        max={1}
        {...(share === undefined ? {} : { value: share })}
        aria-label={isQueued ? texts.run.queued : stageName(texts, stage)}
      />
      <p className="muted number">{facts.join(' · ') || ' '}</p>
      {isLate && <p className="tone-warning">{texts.run.queuedLong}</p>}
      {attempt > 1 && <p className="muted">{texts.run.attempt(attempt)}</p>}
    </section>
  )
}

function progressOf(job: Job | undefined) {
  const progress = job?.state === 'running' ? job.progress : undefined
  return { ...progress, attempt: job?.attempts ?? 0 }
}

/** Goes by how fast the stage went since the page first saw it. */
function useTimeLeft(stage: string, done: number | undefined, total: number | undefined): number | undefined {
  const first = useRef<Passage>(undefined)
  const [left, setLeft] = useState<number>()
  useEffect(() => {
    if (done === undefined) return setLeft(undefined)
    const passage = { stage, done, at: Date.now() }
    if (first.current?.stage !== stage || done < first.current.done) first.current = passage
    setLeft(timeLeft(first.current, passage, total))
  }, [stage, done, total])
  return left
}
