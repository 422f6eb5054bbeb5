import type { JobProgress } from '@fabrique/contract'
import { useI18n } from '../../i18n/use-i18n.jsx'
import './jobs.css'

/** How far a job is: a bar where the whole is known, and the counts that apply. */
export function JobProgressLine({ progress }: { readonly progress: JobProgress | undefined }) {
  const { t, f } = useI18n()
  if (progress === undefined) return <span className="muted">{t.jobs.starting}</span>
  const { stage, files_done, files_total, rows_done, bytes_done, bytes_total, rate_rows, rate_bytes } = progress
  const { steps_done, steps_total } = progress
  const of = (done: string, total: string | undefined) => (total === undefined ? done : t.jobs.of(done, total))
  const stages: Readonly<Record<string, string>> = t.jobs.stages
  const share = shareOf(progress)
  const parts = [
    ...(files_done === undefined
      ? []
      : [t.jobs.files(of(f.integer(files_done), files_total === undefined ? undefined : f.integer(files_total)))]),
    ...(steps_done === undefined
      ? []
      : [of(f.integer(steps_done), steps_total === undefined ? undefined : f.integer(steps_total))]),
    // Not known before the first file has been read.
    ...(rows_done === undefined || rows_done === 0 ? [] : [t.common.rows(rows_done)]),
    ...(bytes_done === undefined
      ? []
      : [of(f.bytes(bytes_done), bytes_total === undefined ? undefined : f.bytes(bytes_total))]),
    ...(rate_rows === undefined ? [] : [t.jobs.perSecond(t.common.rows(Math.round(rate_rows)))]),
    ...(rate_rows === undefined && rate_bytes !== undefined ? [t.jobs.perSecond(f.bytes(rate_bytes))] : []),
    ...(progress.seconds_left === undefined
      ? []
      : [t.jobs.left(f.duration(Math.max(1, Math.round(progress.seconds_left)) * 1000))]),
  ]
  return (
    <div className="job-progress">
      {share === undefined ? null : (
        <progress max={1} value={share} aria-label={stages[stage] ?? stage}>
          {f.percent(share)}
        </progress>
      )}
      <span className="small">
        {stages[stage] ?? stage}
        {progress.current === undefined ? '' : ` ${progress.current}`}
        {parts.length === 0 ? '' : ` · ${parts.join(' · ')}`}
      </span>
    </div>
  )
}

function shareOf(progress: JobProgress): number | undefined {
  const { bytes_done, bytes_total, files_done, files_total, steps_done, steps_total } = progress
  if (steps_done !== undefined && steps_total !== undefined && steps_total > 0)
    return Math.min(1, steps_done / steps_total)
  if (bytes_done !== undefined && bytes_total !== undefined && bytes_total > 0)
    return Math.min(1, bytes_done / bytes_total)
  if (files_done !== undefined && files_total !== undefined && files_total > 0)
    return Math.min(1, files_done / files_total)
  return undefined
}
