import type { Run } from '@fabrique/contract'
import { AppLink } from '../../components/app-link.jsx'
import { Moment } from '../../components/moment.jsx'
import { runState, StateWord } from '../../components/state-word.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import type { RunColumn } from './run-columns.js'

/** One value of a run as people read it; the full number on hover. */
export function RunCell({
  project,
  run,
  column,
}: {
  readonly project: string
  readonly run: Run
  readonly column: RunColumn
}) {
  const { f } = useI18n()
  if (column.id === 'status') return <StateWord state={runState(run.status)} />
  if (column.id === 'name')
    return <AppLink to={paths.run({ project, run: run.id })}>{run.name === '' ? run.id.slice(0, 8) : run.name}</AppLink>
  if (column.id === 'started') return <Moment at={run.started_at} />
  const value = column.value(run)
  if (value === undefined) return <span className="muted">–</span>
  if (column.id === 'duration' && typeof value === 'number') return f.duration(value)
  if (column.group === 'metrics') return <span title={f.exact(value)}>{f.metric(value)}</span>
  return <span className="cell-text">{typeof value === 'number' ? f.exact(value) : value}</span>
}
