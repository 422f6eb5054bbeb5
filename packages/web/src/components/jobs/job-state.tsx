import type { Job } from '@fabrique/contract'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { type StateName, StateWord } from '../state-word.jsx'

const states: Readonly<Record<Job['state'], StateName>> = {
  queued: 'queued',
  running: 'running',
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'killed',
}

/** The state of a job; one that is asked to stop says so until it has. */
export function JobState({ job }: { readonly job: Pick<Job, 'state' | 'cancel_requested'> }) {
  const { t } = useI18n()
  const stopping = job.state === 'running' && job.cancel_requested
  return <StateWord state={states[job.state]}>{stopping ? t.jobs.stopping : t.jobs.states[job.state]}</StateWord>
}
