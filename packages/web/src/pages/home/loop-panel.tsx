import type { Loop, StageState } from '@fabrique/contract'
import { AppLink } from '../../components/app-link.jsx'
import { ProblemPanel } from '../../components/problem-panel.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { LoopLead } from './loop-lead.jsx'
import { RunLoop } from './run-loop.jsx'
import { Stage } from './stage.jsx'
import { stageNames } from './stage-names.js'
import { useStageViews } from './stage-views.jsx'
import './loop.css'

function stateAt(loop: Loop, index: number): StageState | undefined {
  const name = stageNames[index]
  return name === undefined ? undefined : loop.stages[name].state
}

/** The loop of one model: six stages on one line, each with its state and its facts. */
export function LoopPanel({ loop }: { readonly loop: Loop }) {
  const { t } = useI18n()
  const views = useStageViews(loop)
  const failed = stageNames.filter((name) => loop.stages[name].error !== undefined)
  const isBusy = loop.flow_run?.state === 'running' || loop.flow_run?.state === 'queued'
  return (
    <section className="loop panel" aria-labelledby={`loop-${loop.project}-${loop.model}`}>
      <header className="loop-header">
        <div className="loop-heading">
          <h2 id={`loop-${loop.project}-${loop.model}`}>
            <AppLink to={paths.runs({ project: loop.project })} className="loop-project">
              {loop.project}
            </AppLink>
            <span className="loop-slash" aria-hidden="true">
              /
            </span>
            <AppLink
              to={paths.model({ model: loop.model })}
              className="loop-model"
              aria-label={t.home.loopOf(loop.model)}
            >
              {loop.model}
            </AppLink>
          </h2>
          <LoopLead flowRun={loop.flow_run} />
        </div>
        <RunLoop project={loop.project} model={loop.model} isBusy={isBusy} />
      </header>
      <ol className="loop-stages" aria-label={t.home.loopOf(loop.model)}>
        {stageNames.map((name, index) => (
          <Stage
            key={name}
            name={name}
            state={loop.stages[name].state}
            next={stateAt(loop, index + 1)}
            view={views[name]}
          />
        ))}
      </ol>
      {failed.map((name) => {
        const error = loop.stages[name].error
        return error === undefined ? null : (
          <ProblemPanel key={name} title={t.home.stageFailed(t.stages[name])} {...error} />
        )
      })}
      {failed.length === 0 && loop.flow_run?.error !== undefined && loop.flow_run.state === 'failed' && (
        <ProblemPanel title={t.home.stageFailed(t.stages[loop.flow_run.stage])} {...loop.flow_run.error} />
      )}
    </section>
  )
}
