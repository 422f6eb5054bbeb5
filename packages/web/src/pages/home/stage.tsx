import type { StageState } from '@fabrique/contract'
import type { ReactNode } from 'react'
import { AppLink, type LinkSearch } from '../../components/app-link.jsx'
import { Icon } from '../../components/icon.jsx'
import { stateLook } from '../../components/state-word.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import type { AppPath } from '../../routing/paths.js'
import type { StageName } from './stage-names.js'

export interface StageView {
  readonly to: AppPath
  readonly search?: LinkSearch
  /** The one fact that matters, large. */
  readonly figure: string
  readonly figureIsText?: boolean
  /** What the figure counts. */
  readonly unit?: string
  readonly facts: readonly ReactNode[]
}

interface StageProps {
  readonly name: StageName
  readonly state: StageState
  /** State of the stage after; the connector to it shows how far the loop has come. */
  readonly next: StageState | undefined
  readonly view: StageView
}

function connector(state: StageState, next: StageState): 'done' | 'moving' | 'open' {
  if (next === 'running') return 'moving'
  return state === 'done' && (next === 'done' || next === 'failed') ? 'done' : 'open'
}

export function Stage({ name, state, next, view }: StageProps) {
  const { t } = useI18n()
  const { tone, icon } = stateLook(state)
  return (
    <li className="stage" data-state={state}>
      {next !== undefined && <span className="stage-line" data-kind={connector(state, next)} aria-hidden="true" />}
      <span className={`stage-node tone-${tone}`} aria-hidden="true">
        <Icon name={icon} size={16} />
      </span>
      <div className="stage-title">
        <h3 className="stage-name">
          <AppLink to={view.to} className="stage-link" {...(view.search === undefined ? {} : { search: view.search })}>
            {t.stages[name]}
          </AppLink>
        </h3>
        <p className={`stage-state tone-${tone}`}>{t.states[state]}</p>
      </div>
      <div className="stage-detail">
        <p className="stage-figure" data-text={view.figureIsText || undefined}>
          {view.figure}
          {view.unit !== undefined && <span className="stage-unit"> {view.unit}</span>}
        </p>
        <ul className="stage-facts">
          {view.facts.map((fact, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the facts of a stage have fixed places
            <li key={index}>{fact}</li>
          ))}
        </ul>
      </div>
    </li>
  )
}
