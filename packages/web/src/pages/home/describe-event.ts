import type { EventMessage } from '@fabrique/contract'
import type { Catalogue } from '../../i18n/catalogue.js'
import { type AppPath, paths } from '../../routing/paths.js'

export interface EventText {
  readonly text: string
  readonly to?: AppPath
  readonly isBad: boolean
}

/** An event as a sentence, and the page of what it is about. */
export function describeEvent(event: EventMessage, t: Catalogue): EventText {
  const read = (key: string): string => {
    const value = event.payload[key]
    return value === undefined || value === null ? '' : String(value)
  }
  const [project, dataset, model] = [read('project'), read('dataset'), read('model')]
  const run = (read('run_name') || read('run_id')).slice(0, 8)
  const stage = t.stages[read('stage') as keyof Catalogue['stages']] ?? read('stage')
  const ofDataset = { to: paths.dataset({ project, dataset }) }
  const ofIngest = { to: paths.ingest({ project, dataset, ingest: read('ingest_id') }) }
  const ofModel = model === '' ? {} : { to: paths.model({ model }) }
  const good = (text: string, place: { to?: AppPath } = {}): EventText => ({ text, isBad: false, ...place })
  switch (event.kind) {
    case 'project.applied':
      return good(t.events['project.applied']({ project }), { to: paths.datasets({ project }) })
    case 'snapshot.created':
      return good(t.events['snapshot.created']({ dataset }), {
        to: paths.snapshot({ project, dataset, snapshot: read('snapshot_id') }),
      })
    case 'snapshot.changed':
      return good(t.events['snapshot.changed']({ dataset, change: read('change') }), ofDataset)
    case 'snapshot.deleted':
      return good(t.events['snapshot.deleted']({ dataset }), ofDataset)
    case 'ingest.started':
      return good(t.events['ingest.started']({ dataset }), ofIngest)
    case 'ingest.finished': {
      const rows = read('rows_quarantined')
      const state = read('state')
      if (state === 'failed') return { text: t.events['ingest.failed']({ dataset }), isBad: true, ...ofIngest }
      if (state === 'cancelled') return good(t.events['ingest.cancelled']({ dataset }), ofIngest)
      if (rows !== '' && rows !== '0') return good(t.events['ingest.quarantined']({ dataset, rows }), ofIngest)
      return good(t.events['ingest.succeeded']({ dataset }), ofIngest)
    }
    case 'suite.changed':
      return good(t.events['suite.changed']({ dataset, suite: read('suite') }), ofDataset)
    case 'remote.changed':
      return good(t.events['remote.changed']({ remote: read('remote') }), { to: paths.remotes() })
    case 'job.changed': {
      const kinds: Readonly<Record<string, string>> = t.jobs.kinds
      const states: Readonly<Record<string, string>> = t.jobs.states
      const job = kinds[read('kind')] ?? read('kind')
      const state = read('state')
      const text = t.events['job.changed']({
        job,
        subject: read('subject'),
        state: (states[state] ?? state).toLowerCase(),
      })
      return { text, isBad: state === 'failed', to: paths.jobs() }
    }
    case 'features.applied':
      return good(t.events['features.applied']({ project }), { to: paths.features({ project }) })
    case 'feature_view.applied':
    case 'feature_view.materialized':
    case 'feature_view.checked':
      return describeView(event.kind, read, t)
    case 'validation.finished': {
      const passed = event.payload.success === true
      const text = t.events[passed ? 'validation.passed' : 'validation.failed']({ dataset })
      return { text, isBad: !passed, to: paths.validation({ project, dataset, validation: read('validation_id') }) }
    }
    case 'run.created':
      return good(t.events['run.created']({ run }))
    case 'run.changed':
      return good(t.events['run.changed']({ run, change: changeOfRun(read('change'), t) }))
    case 'run.purged':
      return good(t.events['run.purged']({ run }))
    case 'runs.imported':
      return good(t.events['runs.imported']({ runs: read('runs'), experiments: read('experiments') }))
    case 'logged_model.changed':
      return good(t.events['logged_model.changed']({ model: read('model_id'), change: read('change') }))
    case 'logged_model.purged':
      return good(t.events['logged_model.purged']({ model: read('model_id') }))
    case 'trace.changed': {
      const trace = read('trace_id')
      return good(t.events['trace.changed']({ trace: trace.slice(0, 12), change: read('change') }), {
        to: paths.trace({ trace }),
      })
    }
    case 'traces.deleted':
      return good(t.events['traces.deleted']({ count: read('count') }), { to: paths.traces() })
    case 'evaluation_dataset.changed':
      return good(t.events['evaluation_dataset.changed']({ change: read('change') }))
    case 'user.changed':
      return good(t.events['user.changed']({ user: read('user'), change: read('change') }))
    case 'key.changed':
      return good(t.events['key.changed']({ key: read('key_id'), change: read('change') }))
    case 'webhook.changed':
      return good(t.events['webhook.changed']({ change: read('change') }), { to: paths.webhooks() })
    case 'experiment.changed':
      return good(t.events['experiment.changed']({ change: read('change') }))
    case 'artifact.written':
      return good(t.events['artifact.written']({ path: read('path') }))
    case 'artifact.deleted':
      return good(t.events['artifact.deleted']({ path: read('path') }))
    case 'model.changed':
      return good(t.events['model.changed']({ model }), ofModel)
    case 'model_version.created': {
      const version = read('version')
      return good(t.events['model_version.created']({ model, version }), { to: paths.modelVersion({ model, version }) })
    }
    case 'alias.moved': {
      const values = { model, alias: read('alias'), from: read('from_version'), to: read('to_version') }
      if (values.to === '') return good(t.events['alias.removed'](values), ofModel)
      return good(t.events[values.from === '' ? 'alias.set' : 'alias.moved'](values), ofModel)
    }
    case 'flow.changed':
    case 'flow_run.changed':
    case 'flow_limit.changed':
      return describeFlow(event.kind, read, t)
    case 'monitor.changed':
    case 'drift_report.finished':
    case 'drift.alerted':
    case 'finding.changed':
      return describeMonitor(event.kind, read, t)
    case 'rollout.changed':
      return good(t.events[event.kind]({ model }), { to: paths.rollout({ model, rollout: read('rollout_id') }) })
    case 'loop.changed': {
      const state = read('state')
      if (state === 'failed') return { text: t.events['loop.failed']({ model, stage }), isBad: true, ...ofModel }
      if (state === 'succeeded') return good(t.events['loop.succeeded']({ model }), ofModel)
      if (state === 'queued') return good(t.events['loop.queued']({ model }), ofModel)
      return good(t.events['loop.running']({ model, stage }), ofModel)
    }
    default:
      return good(t.events.other({ kind: event.kind, subject: event.subject }))
  }
}

/** What happened to a feature view. */
function describeView(
  kind: 'feature_view.applied' | 'feature_view.materialized' | 'feature_view.checked',
  read: (key: string) => string,
  t: Catalogue,
): EventText {
  const [project, view] = [read('project'), read('view')]
  const to = paths.featureView({ project, view })
  if (kind === 'feature_view.applied') {
    if (read('change') === 'delete')
      return { text: t.events['feature_view.deleted']({ view }), isBad: false, to: paths.features({ project }) }
    return { text: t.events['feature_view.applied']({ view, version: read('version') }), isBad: false, to }
  }
  if (kind === 'feature_view.materialized') {
    const states: Readonly<Record<string, string>> = t.jobs.states
    const state = read('state')
    if (state !== 'failed' && state !== 'cancelled')
      return { text: t.events['feature_view.materialized']({ view }), isBad: false, to }
    const text = t.events['feature_view.stopped']({ view, state: (states[state] ?? state).toLowerCase() })
    return { text, isBad: state === 'failed', to }
  }
  const count = read('mismatches')
  if (count === '' || count === '0') return { text: t.events['feature_view.agrees']({ view }), isBad: false, to }
  return { text: t.events['feature_view.differs']({ view, count }), isBad: true, to }
}

/** The key of the words for each type of state of a run. */
const flowRunWords = {
  SCHEDULED: 'flow_run.waits',
  PENDING: 'flow_run.waits',
  RUNNING: 'flow_run.running',
  PAUSED: 'flow_run.paused',
  CANCELLING: 'flow_run.cancelled',
  COMPLETED: 'flow_run.completed',
  FAILED: 'flow_run.failed',
  CANCELLED: 'flow_run.cancelled',
  CRASHED: 'flow_run.crashed',
} as const

/** What happened to a flow, one of its runs, or a limit. */
function describeFlow(
  kind: 'flow.changed' | 'flow_run.changed' | 'flow_limit.changed',
  read: (key: string) => string,
  t: Catalogue,
): EventText {
  const [project, flow] = [read('project'), read('flow')]
  if (kind === 'flow_limit.changed')
    return { text: t.events[kind]({ limit: read('limit') }), isBad: false, to: paths.flowWorkers() }
  if (kind === 'flow_run.changed') {
    const state = read('state') as keyof typeof flowRunWords
    return {
      text: t.events[flowRunWords[state] ?? 'flow_run.running']({ flow }),
      isBad: state === 'FAILED' || state === 'CRASHED',
      to: paths.flowRun({ project, flow, run: read('flow_run_id') }),
    }
  }
  const change = read('change')
  const text =
    change === 'paused' || change === 'resumed'
      ? t.events[`flow.${change}`]({ flow })
      : t.events['flow.changed']({ flow, change })
  return { text, isBad: false, to: paths.flow({ project, flow }) }
}

/** What happened to a monitor, what it found, and what people made of it. */
function describeMonitor(
  kind: 'monitor.changed' | 'drift_report.finished' | 'drift.alerted' | 'finding.changed',
  read: (key: string) => string,
  t: Catalogue,
): EventText {
  const [monitor, state] = [read('monitor'), read('state')]
  const to = paths.monitor({ monitor })
  if (kind === 'monitor.changed')
    return { text: t.events[kind]({ monitor, change: read('change') }), isBad: false, to: paths.monitoring() }
  if (kind === 'drift.alerted') return { text: t.events[kind]({ monitor }), isBad: true, to }
  if (kind === 'drift_report.finished') {
    const words: Readonly<Record<string, string>> = t.monitorStates
    const text = t.events[kind]({ monitor, state: (words[state] ?? state).toLowerCase() })
    return { text, isBad: state !== 'ok' && state !== 'not_enough_data', to }
  }
  const change = state === 'acknowledged' || state === 'resolved' ? state : 'open'
  return { text: t.events[`finding.${change}`]({ monitor }), isBad: change === 'open', to }
}

/** The server says `status FINISHED`; people read the word of the state. */
function changeOfRun(change: string, t: Catalogue): string {
  const status = change.replace(/^status /, '').toLowerCase()
  return (t.states[status as keyof Catalogue['states']] ?? change).toLowerCase()
}
