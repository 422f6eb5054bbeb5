import { useInfiniteQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.js'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { CancelJob } from './cancel-job.jsx'
import { JobProgressLine } from './job-progress.jsx'
import { JobState } from './job-state.jsx'
import './jobs.css'

/** What is under way for a subject of jobs, as `datasets/shop/orders`, or how the last of it failed. */
export function OpenJob({ subject }: { readonly subject: string }) {
  const { t } = useI18n()
  const query = useInfiniteQuery(queries.jobs({ subject }))
  const job = query.data?.pages[0]?.items[0]
  if (job === undefined || job.state === 'succeeded' || job.state === 'cancelled') return null
  const kinds: Readonly<Record<string, string>> = t.jobs.kinds
  return (
    <section className="open-job" data-failed={job.state === 'failed' || undefined} aria-live="polite">
      <strong>{kinds[job.kind] ?? job.kind}</strong>
      <JobState job={job} />
      {job.state === 'running' && <JobProgressLine progress={job.progress} />}
      {job.error !== undefined && (
        <p>
          {job.error.message} <span className="open-job-hint">{job.error.hint}</span>
        </p>
      )}
      <CancelJob job={job} />
    </section>
  )
}
