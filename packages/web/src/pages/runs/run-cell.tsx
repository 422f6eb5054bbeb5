import type { Run } from '@fabrique/contract'
import { AppLink } from '../../components/app-link.jsx'
import { Moment } from '../../components/moment.jsx'
import { runState, StateWord } from '../../components/state-word.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { cellValue, type RunColumn, runLabel } from './run-columns.js'

/** One value of a run as people read it; the full value on hover. */
export function RunCell({ run, column }: { readonly run: Run; readonly column: RunColumn }) {
  const { f } = useI18n()
  const value = cellValue(run, column)
  if (column.kind === 'metric' && value !== undefined) return <span title={f.exact(value)}>{f.metric(value)}</span>
  if (column.kind === 'general') {
    switch (column.key) {
      case 'status':
        return <StateWord state={runState(run.status)} />
      case 'name':
        return (
          <AppLink to={paths.run({ project: run.experiment, run: run.id })} className="cell-text" title={run.name}>
            {runLabel(run)}
          </AppLink>
        )
      case 'started':
        return <Moment at={run.started_at} />
      case 'ended':
        return run.ended_at === undefined ? <Missing /> : <Moment at={run.ended_at} />
      case 'duration':
        return run.duration_ms === undefined ? <Missing /> : <span>{f.duration(run.duration_ms)}</span>
      case 'id':
        return <code title={run.id}>{run.id.slice(0, 12)}</code>
    }
  }
  if (value === undefined || value === '') return <Missing />
  return (
    <span className="cell-text" title={String(value)}>
      {column.kind === 'param' && column.isNumber ? shortNumber(String(value)) : String(value)}
    </span>
  )
}

const shownDigits = 10

/** A number with a long tail is shown to six digits; the whole of it is the title. */
function shortNumber(text: string): string {
  return text.length > shownDigits ? String(Number(Number(text).toPrecision(6))) : text
}

const Missing = () => <span className="muted">–</span>
