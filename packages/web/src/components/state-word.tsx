import { useI18n } from '../i18n/use-i18n.jsx'
import { Icon, type IconName } from './icon.jsx'
import './state-word.css'

export type StateName = keyof ReturnType<typeof useI18n>['t']['states']
export type Tone = 'ok' | 'failure' | 'warning' | 'accent' | 'idle'

const looks: Readonly<Record<StateName, readonly [Tone, IconName]>> = {
  waiting: ['idle', 'clock'],
  queued: ['idle', 'clock'],
  scheduled: ['idle', 'clock'],
  running: ['accent', 'running'],
  done: ['ok', 'check'],
  succeeded: ['ok', 'check'],
  finished: ['ok', 'check'],
  passed: ['ok', 'check'],
  up: ['ok', 'check'],
  ready: ['ok', 'check'],
  loading: ['accent', 'running'],
  idle: ['idle', 'clock'],
  failed: ['failure', 'cross'],
  down: ['failure', 'cross'],
  degraded: ['warning', 'warning'],
  notEvaluated: ['warning', 'dash'],
  skipped: ['idle', 'skip'],
  killed: ['idle', 'skip'],
}

export function stateLook(state: StateName): { readonly tone: Tone; readonly icon: IconName } {
  const [tone, icon] = looks[state]
  return { tone, icon }
}

/** A state as icon, word and colour: never colour alone. */
export function StateWord({ state, children }: { readonly state: StateName; readonly children?: string }) {
  const { t } = useI18n()
  const { tone, icon } = stateLook(state)
  return (
    <span className={`state tone-${tone}`}>
      <Icon name={icon} size={14} />
      <span>{children ?? t.states[state]}</span>
    </span>
  )
}

const runStates = {
  RUNNING: 'running',
  SCHEDULED: 'scheduled',
  FINISHED: 'finished',
  FAILED: 'failed',
  KILLED: 'killed',
} as const

export function runState(status: keyof typeof runStates): StateName {
  return runStates[status]
}
