import type { Job, Json } from '@fabrique/contract'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { DataTable } from '../data-table.jsx'
import { Moment } from '../moment.jsx'
import { CancelJob } from './cancel-job.jsx'
import { JobProgressLine } from './job-progress.jsx'
import { JobState } from './job-state.jsx'

/** Jobs with how far they are or how they ended. */
export function JobTable({ jobs, label }: { readonly jobs: readonly Job[]; readonly label: string }) {
  const { t } = useI18n()
  const kinds: Readonly<Record<string, string>> = t.jobs.kinds
  return (
    <DataTable
      label={label}
      rows={jobs}
      rowKey={({ id }) => id}
      isMarked={({ state }) => state === 'failed'}
      columns={[
        { id: 'kind', header: t.jobs.kind, render: ({ kind }) => kinds[kind] ?? kind },
        {
          id: 'subject',
          header: t.jobs.subject,
          render: ({ subject }) => <code className="wraps-narrow">{subject}</code>,
        },
        { id: 'state', header: t.jobs.state, render: (job) => <JobState job={job} /> },
        { id: 'progress', header: t.jobs.progress, isWide: true, render: (job) => <Outcome job={job} /> },
        { id: 'asked', header: t.jobs.asked, render: ({ created_at }) => <Moment at={created_at} /> },
        { id: 'stop', header: t.jobs.stop, hidesHeader: true, render: (job) => <CancelJob job={job} /> },
      ]}
    />
  )
}

function Outcome({ job }: { readonly job: Job }) {
  const { t, f } = useI18n()
  if (job.state === 'running') return <JobProgressLine progress={job.progress} />
  if (job.error !== undefined)
    return (
      <span className="small job-outcome" title={job.error.hint}>
        {job.error.message}
      </span>
    )
  const moved = movedBy(job)
  if (moved === undefined) return null
  return (
    <span className="small job-outcome">
      {t.jobs.moved({ ...moved, size: f.bytes(moved.bytes) })}
      {moved.skipped === 0 ? '' : ` · ${t.jobs.skipped(moved.skipped)}`}
    </span>
  )
}

/** What a push or pull sent, where the job is one that has ended well. */
function movedBy({ result }: Job) {
  if (typeof result !== 'object' || result === null || Array.isArray(result)) return undefined
  const { snapshots, blobs, bytes, skipped } = result as Readonly<Record<string, Json>>
  if (typeof snapshots !== 'number' || typeof blobs !== 'number' || typeof bytes !== 'number') return undefined
  return { snapshots, blobs, bytes, skipped: typeof skipped === 'number' ? skipped : 0 }
}
