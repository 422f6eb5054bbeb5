import type { Loop } from '@fabrique/contract'
import { Moment } from '../../components/moment.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import type { StageView } from './stage.jsx'
import type { StageName } from './stage-names.js'

/** Names that trainings give to the two figures a stage has room for: of classes, and of numbers. */
const accuracyNames = ['accuracy', 'test_accuracy', 'accuracy_score']
const macroF1Names = ['f1_macro', 'macro_f1', 'test_f1_macro', 'f1']
const r2Names = ['r2', 'test_r2', 'r2_score']
const rmseNames = ['rmse', 'test_rmse', 'root_mean_squared_error']

const metricOf = (metrics: Readonly<Record<string, number | string>>, names: readonly string[]) =>
  names.map((name) => metrics[name]).find((value) => value !== undefined)

/** What each stage of a loop shows and where it leads. */
export function useStageViews(loop: Loop): Readonly<Record<StageName, StageView>> {
  const { project, dataset, model } = loop
  const { source, snapshot, checks, run, model: version, endpoint } = loop.stages
  const datasetPath = paths.dataset({ project, dataset })
  const snapshotPath =
    snapshot.id === undefined ? datasetPath : paths.snapshot({ project, dataset, snapshot: snapshot.id })
  return {
    source: useSource(source, { to: datasetPath, search: { tab: 'definition' } }),
    snapshot: useSnapshot(snapshot, { to: snapshotPath }),
    checks: useChecks(checks, { to: snapshotPath, search: { tab: 'checks' } }),
    run: useRun(run, { to: run.id === undefined ? paths.runs({ project }) : paths.run({ project, run: run.id }) }),
    model: useVersion(version, {
      to:
        version.version === undefined
          ? paths.model({ model })
          : paths.modelVersion({ model: version.name, version: version.version }),
    }),
    endpoint: useEndpoint(endpoint, { to: paths.tryEndpoint({ model }) }),
  }
}

type Target = Pick<StageView, 'to' | 'search'>
type Stages = Loop['stages']

function useSource(stage: Stages['source'], target: Target): StageView {
  const { f } = useI18n()
  const name = stage.location.split('/').at(-1) ?? stage.location
  const facts = [stage.kind.toUpperCase(), ...(stage.bytes === undefined ? [] : [f.bytes(stage.bytes)])].join(' · ')
  return { ...target, figure: name, figureIsText: true, facts: [facts] }
}

function useSnapshot(stage: Stages['snapshot'], target: Target): StageView {
  const { t, f } = useI18n()
  if (stage.rows === undefined) return { ...target, figure: t.home.noSnapshot, figureIsText: true, facts: [] }
  const [figure = '', unit = ''] = splitCount(t.common.rows(stage.rows), f.integer(stage.rows))
  const size = [
    ...(stage.columns === undefined ? [] : [t.common.columns(stage.columns)]),
    ...(stage.bytes === undefined ? [] : [f.bytes(stage.bytes)]),
  ].join(' · ')
  const hash = stage.content_hash === undefined ? [] : [<code key="hash">{stage.content_hash.slice(0, 12)}</code>]
  const taken = stage.created_at === undefined ? [] : [<Moment key="at" at={stage.created_at} />]
  return { ...target, figure, unit, facts: [size, ...hash, ...taken] }
}

function useChecks(stage: Stages['checks'], target: Target): StageView {
  const { t, f } = useI18n()
  const { evaluated, failed = 0 } = stage
  if (evaluated === undefined) return { ...target, figure: t.home.notChecked, figureIsText: true, facts: [] }
  if (evaluated === 0) return { ...target, figure: t.home.noChecks, figureIsText: true, facts: [] }
  const figure = t.home.checksPassed(f.integer(evaluated - failed), f.integer(evaluated))
  const facts =
    failed === 0
      ? []
      : [
          <span key="failed" className="tone-failure">
            {t.home.checksFailed(failed)}
          </span>,
        ]
  return { ...target, figure, facts: [t.home.checksPassedLabel, ...facts] }
}

function useRun(stage: Stages['run'], target: Target): StageView {
  const { t, f } = useI18n()
  const { metrics = {}, duration_ms, name } = stage
  if (stage.id === undefined) return { ...target, figure: t.home.noRun, figureIsText: true, facts: [] }
  const figures = [
    { value: metricOf(metrics, accuracyNames), unit: t.home.accuracy },
    { value: metricOf(metrics, r2Names), unit: 'R²' },
    { value: metricOf(metrics, macroF1Names), unit: t.home.macroF1 },
    { value: metricOf(metrics, rmseNames), unit: 'RMSE' },
  ].flatMap(({ value, unit }) => (value === undefined ? [] : [{ figure: f.metric(value), unit }]))
  const [first, second] = figures
  const facts = [
    ...(second === undefined ? [] : [`${second.figure} ${second.unit}`]),
    [name, ...(duration_ms === undefined ? [] : [f.duration(duration_ms)])].filter(Boolean).join(' · '),
  ]
  if (first === undefined) return { ...target, figure: name ?? stage.id.slice(0, 8), figureIsText: true, facts }
  return { ...target, ...first, facts }
}

function useVersion(stage: Stages['model'], target: Target): StageView {
  const { t } = useI18n()
  if (stage.version === undefined) return { ...target, figure: t.home.noVersion, figureIsText: true, facts: [] }
  const alias = stage.alias === undefined ? t.home.noAlias : <span className="alias">@{stage.alias}</span>
  return { ...target, figure: t.common.version(stage.version), facts: [alias, stage.name] }
}

function useEndpoint(stage: Stages['endpoint'], target: Target): StageView {
  const { t, f } = useI18n()
  if (stage.version === undefined) return { ...target, figure: t.home.notServed, figureIsText: true, facts: [] }
  const version = t.common.version(stage.version)
  const requests = stage.request_count === undefined ? [] : [t.home.requests(stage.request_count)]
  if (stage.latency_p50_ms === undefined) return { ...target, figure: version, facts: requests }
  return { ...target, figure: f.duration(stage.latency_p50_ms), facts: [t.home.medianLatency, version, ...requests] }
}

/** Splits "150 rows" where the number ends, to write the number large in any language. */
function splitCount(whole: string, number: string): readonly string[] {
  return whole.startsWith(number) ? [number, whole.slice(number.length).trim()] : [whole]
}
