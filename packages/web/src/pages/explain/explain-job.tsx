import { Button } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { Load } from '../../components/load.jsx'
import { ProblemPanel } from '../../components/problem-panel.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { explainQueries, isOpenJob } from './explain-queries.js'
import { stageName, useExplainTexts } from './explain-texts.js'

/** How far an explanation is, until it is there; or why it is not. */
export function ExplainJob({ job: id, onDone }: { readonly job: string; readonly onDone: () => void }) {
  const texts = useExplainTexts()
  const client = useQueryClient()
  const query = useQuery(explainQueries.job(id))
  const state = query.data?.state
  useEffect(() => {
    if (state !== 'succeeded') return
    void client.invalidateQueries({ queryKey: ['explanations'] })
    onDone()
  }, [state, client, onDone])
  return (
    <Load query={query} lines={2}>
      {(job) => {
        if (job.state === 'cancelled')
          return (
            <p className="tone-warning" role="status">
              {texts.job.cancelled}
            </p>
          )
        if (job.state === 'failed') return <ProblemPanel title={texts.job.failed} message="" {...job.error} />
        return <Running job={job} />
      }}
    </Load>
  )
}

function Running({ job }: { readonly job: NonNullable<Awaited<ReturnType<typeof call<'getJob'>>>> }) {
  const { f } = useI18n()
  const texts = useExplainTexts()
  const words = texts.job
  const { stage = 'load', steps_done: done, steps_total: total, current } = job.progress ?? {}
  const name = job.state === 'queued' ? words.queued : stageName(texts, stage)
  const share = done !== undefined && total ? Math.min(1, done / total) : undefined
  const cancel = useChange(() => call('cancelJob', { params: { job: job.id }, body: { reason: '' } }), ['jobs'])
  return (
    <section className="panel stack-tight explain-job" aria-label={words.title}>
      <div className="spread">
        <p role="status">
          <strong>{name}</strong>
        </p>
        {isOpenJob(job) && (
          <Button
            variant="default"
            loading={cancel.isPending}
            disabled={job.cancel_requested}
            onClick={() => cancel.mutate(undefined)}
          >
            {job.cancel_requested ? words.cancelling : words.cancel}
          </Button>
        )}
      </div>
      <progress max={1} {...(share === undefined ? {} : { value: share })} aria-label={name} />
      {done !== undefined && total !== undefined && (
        <p className="small muted">
          {words.steps(f.integer(done), f.integer(total))}
          {current === undefined ? '' : ` · ${current}`}
        </p>
      )}
    </section>
  )
}
