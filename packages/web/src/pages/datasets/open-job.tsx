import { useInfiniteQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.js'
import { CancelJob } from '../../components/jobs/cancel-job.jsx'
import { JobProgressLine } from '../../components/jobs/job-progress.jsx'
import { JobState } from '../../components/jobs/job-state.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'

/** What is under way for a data set, or how the last of it failed. */
export function OpenJob({ project, dataset }: { readonly project: string; readonly dataset: string }) {
  const { t } = useI18n()
  const query = useInfiniteQuery(queries.jobs({ subject: `datasets/${project}/${dataset}` }))
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
