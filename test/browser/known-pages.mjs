// Every page of the path builder, with values that the server really has.
import { seedData } from './seed-data.mjs'
import { seedFeatures } from './seed-features.mjs'
import { seedFlows } from './seed-flows.mjs'
import { seedImages } from './seed-images.mjs'
import { seedMonitoring } from './seed-monitoring.mjs'
import { seedRegistry } from './seed-registry.mjs'
import { seedRuns } from './seed-runs.mjs'
import { seedServing } from './seed-serving.mjs'
import { seedTraining } from './seed-training.mjs'

async function read(base, path) {
  const reply = await fetch(`${base}${path}`)
  if (!reply.ok) throw new Error(`${path} answers ${reply.status}`)
  return reply.json()
}

/** The things that pages are about: the first of each kind. */
export async function knownThings(base) {
  const { items: projects } = await read(base, '/api/v1/projects')
  const project = projects.find(({ definition }) => definition.models.length > 0)
  const [dataset] = (await read(base, `/api/v1/projects/${project.name}/datasets`)).items
  const runs = (await read(base, `/api/v1/projects/${project.name}/runs?limit=20`)).items
  const run = runs.find(({ status }) => status === 'FINISHED')
  const artifacts = (await read(base, `/api/v1/runs/${run.id}/artifacts`)).items
  const [endpoint] = (await read(base, '/api/v1/endpoints')).items
  const model = await read(base, `/api/v1/models/${endpoint.model}`)
  const data = await seedData(base)
  const serving = await seedServing(base, data.project)
  return {
    data,
    features: await seedFeatures(base),
    flows: await seedFlows(base),
    training: await seedTraining(base, data.project),
    sweep: await seedRuns(base),
    registry: await seedRegistry(base),
    serving,
    imageModel: await seedImages(base),
    monitoring: await seedMonitoring(base),
    project: project.name,
    dataset: dataset.name,
    run: run.id,
    artifacts: artifacts.filter(({ is_folder }) => !is_folder).map(({ path }) => path),
    metric: Object.keys(run.metrics)[0],
    model: endpoint.model,
    version: model.versions.at(-1).version,
    signature: endpoint.signature,
  }
}

/** Name and address of each page. The names are those of `packages/web/src/routing/paths.ts`; `smoke.mjs` compares them. */
export function knownPages(things) {
  const { project, dataset, run, artifacts, metric, model, version, signature, sweep, registry } = things
  const ofFiles = `/p/${registry.name}/runs/${registry.run}`
  const ofSweep = `/p/${encodeURIComponent(sweep.name)}`
  const ofRun = `/p/${project}/runs/${run}`
  const ofImages = `/endpoints/${encodeURIComponent(things.imageModel)}/try`
  const ofDataset = `/p/${project}/datasets/${dataset}`
  const json = artifacts.find((path) => path.endsWith('.json')) ?? artifacts[0]
  return [
    ['home', '/'],
    ['experiments', '/experiments'],
    ['runs', `/p/${project}/runs`],
    ['runs-many', `${ofSweep}/runs`],
    ['runs-group', `${ofSweep}/runs?group=params.solver,tags.team`],
    ['runs-charts', `${ofSweep}/runs?view=charts&filter=curve`],
    ['runs-parallel', `${ofSweep}/runs?view=parallel`],
    ['compare', `${ofSweep}/compare?runs=${sweep.curves.map(({ id }) => id).join(',')}`],
    ['compare-empty', `${ofSweep}/compare`],
    ['run', ofRun],
    ['runMetrics', `${ofRun}/metrics?metric=${metric}`],
    ['runArtifacts', `${ofRun}/artifacts?path=${encodeURIComponent(json)}`],
    ['run-files', ofFiles],
    ['run-failed', `/p/${registry.name}/runs/${registry.failed}`],
    ['run-deleted', `/p/${registry.name}/runs/${registry.deleted}`],
    ['runMetrics-all', `${ofFiles}/metrics?x=relative&smooth=0.8&log=1`],
    ['runArtifacts-model', `${ofFiles}/artifacts?path=model%2FMLmodel`],
    ['runArtifacts-table', `${ofFiles}/artifacts?path=eval%2Ftable.json`],
    ['runArtifacts-html', `${ofFiles}/artifacts?path=report.html`],
    ['runReproduce', `${ofRun}/reproduce`],
    ['datasets', `/p/${project}/datasets`],
    ['dataset', ofDataset],
    ...dataPages(things),
    ...trainingPages(things),
    ...featurePages(things),
    ...flowPages(things),
    ...monitoringPages(things),
    ['models', '/models'],
    ['model', `/models/${model}`],
    ['modelVersion', `/models/${model}/${version}`],
    ['models-filter', `/models?filter=${encodeURIComponent(`@champion ${registry.model}`)}`],
    ['model-history', `/models/${registry.model}`],
    ['model-changes', `/models/${registry.model}?tab=changes`],
    ['modelVersion-compared', `/models/${registry.model}/1`],
    ['modelVersion-files', `/models/${registry.model}/2?tab=files&path=MLmodel`],
    ['traces', `/traces?experiment=${registry.experiment}`],
    ['traces-empty', `/traces?experiment=${registry.experiment}&state=OK`],
    ['trace', `/traces/${registry.trace}`],
    ['trash', '/trash'],
    ['trash-storage', '/trash?tab=storage'],
    ['remotes', '/settings/remotes'],
    ['webhooks', '/settings/webhooks'],
    ['endpoints', '/endpoints'],
    ...servingPages(things),
    ['tryEndpoint', `/endpoints/${model}/try?input=${encodeURIComponent(JSON.stringify(signature.example))}`],
    ['tryEndpoint-image', ofImages],
    ['tryEndpoint-image-code', `${ofImages}?tab=code`],
    ['tryEndpoint-json', `/endpoints/${model}/try?tab=json`],
    ['tryEndpoint-csv', `/endpoints/${model}/try?tab=csv`],
    ['tryEndpoint-code', `/endpoints/${model}/try?tab=code`],
    ['settings', '/settings'],
    ['account', '/settings/account'],
    ['keys', '/settings/keys'],
    ['users', '/settings/users'],
    ['about', '/about'],
    ['login', '/login'],
    ['not-found', '/modles'],
  ]
}

/** A model that answers, with its figures, roll-outs and logged predictions. */
function servingPages({ model: quiet, serving: { model, shadow, canary } }) {
  const of = `/endpoints/${encodeURIComponent(model)}`
  return [
    ['endpoint', of],
    ['endpoint-rollouts', `${of}?tab=rollouts`],
    ['endpoint-predictions', `${of}?tab=predictions`],
    ['endpoint-none', `/endpoints/${quiet}?tab=rollouts`],
    ['rollout', `${of}/rollouts/${canary}`],
    ['rollout-shadow', `${of}/rollouts/${shadow}`],
  ]
}

/** Flows, their parts, runs of each kind of end, workers and limits. */
function flowPages({ flows: { project, completed, failed, waiting, many } }) {
  const of = (flow) => `/flows/${project}/${flow}`
  const done = `${of('report')}/runs/${completed}`
  return [
    ['flows', '/flows'],
    ['flows-none', '/flows?filter=no-such-flow'],
    ['flow', of('report')],
    ['flow-none', `${of('report')}?state=CRASHED`],
    ['flow-starts', `${of('report')}?tab=starts`],
    ['flow-schedules', `${of('nightly')}?tab=starts`],
    ['flow-definition', `${of('report')}?tab=definition`],
    ['flowRun', done],
    ['flowRun-timeline', `${done}?tab=timeline`],
    ['flowRun-items', `${done}?tab=steps&map=score`],
    ['flowRun-log', `${done}?tab=logs&line=2`],
    ['flowRun-data', `${done}?tab=data`],
    ['flowRun-failed', `${of('fragile')}/runs/${failed}?tab=steps&step=break`],
    ['flowRun-waiting', `${of('release')}/runs/${waiting}`],
    ['flowRun-many', `${of('staircase')}/runs/${many}`],
    ['flowWorkers', '/flows/workers'],
    ['flowWorkers-limits', '/flows/workers?tab=limits'],
  ]
}

/** Monitors of every state, their parts, columns of both kinds, and findings. */
function monitoringPages({ monitoring: { drifting, short, never, evidently, answers, parts, first, newest } }) {
  const of = (monitor) => `/monitoring/${monitor}`
  return [
    ['metrics', '/metrics-history'],
    ['metrics', '/metrics-history?range=15m&metric=http_requests_total&by=status'],
    ['monitoring', '/monitoring'],
    ['monitoring-none', '/monitoring?filter=no-such-monitor'],
    ['monitoring-findings', '/monitoring?tab=findings&show=all'],
    ['monitoring-no-findings', `/monitoring?tab=findings&of=${never}`],
    ['monitor', of(drifting)],
    ['monitor-first', `${of(drifting)}?report=${first}&show=drift`],
    ['monitor-evidently', of(evidently)],
    ['monitor-short', of(short)],
    ['monitor-never', of(never)],
    ['monitor-answers', of(answers)],
    ['monitor-parts', of(parts)],
    ['monitor-parts-figures', `${of(parts)}?tab=figures&segments=plan&by=name`],
    ['monitor-figures', `${of(drifting)}?tab=figures`],
    ['monitor-performance', `${of(answers)}?tab=figures`],
    ['monitor-reports', `${of(drifting)}?tab=reports&report=${newest}&before=${first}`],
    ['monitor-timeline', `${of(drifting)}?tab=timeline`],
    ['monitor-settings', `${of(drifting)}?tab=settings`],
    ['monitorColumn', `${of(drifting)}/columns/hours`],
    ['monitorColumn-labels', `${of(drifting)}/columns/plan`],
    ['monitorColumn-short', `${of(short)}/columns/hours`],
  ]
}

/** Views, their parts, and the look-up of a key at one time, at two, and with a wrong one. */
function featurePages({ features: { project, view, service }, data }) {
  const all = `/p/${project}/features`
  const lookUp = `/p/${project}/look-up`
  const ofView = `of=view%3A${view}`
  const user = (id) => `keys=${encodeURIComponent(JSON.stringify({ user_id: id }))}`
  return [
    ['features', all],
    ['features-services', `${all}?tab=services`],
    ['features-entities', `${all}?tab=entities`],
    ['features-none', `/p/${data.project}/features`],
    ['featureView', `${all}/${view}`],
    ['featureView-materializations', `${all}/${view}?tab=materializations`],
    ['featureView-consistency', `${all}/${view}?tab=consistency`],
    ['featureView-statistics', `${all}/${view}?tab=statistics&feature=hours_90d`],
    ['featureView-sql', `${all}/by_device`],
    ['featureView-empty', `${all}/by_device?tab=materializations`],
    ['featureView-unchecked', `${all}/by_device?tab=consistency`],
    ['featureView-offline', `${all}/support?tab=materializations`],
    ['featureService', `/p/${project}/feature-services/${service}`],
    ['lookUp', `${lookUp}?${ofView}&${user(1)}&at=${encodeURIComponent(monthAgo())}`],
    ['lookUp-empty', lookUp],
    ['lookUp-missing', `${lookUp}?of=service%3A${service}&${user(999)}`],
    ['lineage-view', `/lineage/feature_view/${encodeURIComponent(`${project}/${view}/1`)}`],
  ]
}

const monthAgo = () => new Date(Date.now() - 30 * 86_400_000).toISOString()

/** The form of a training in its modes, and trainings that ended in different ways. */
function trainingPages({ data, training }) {
  const form = `/p/${data.project}/train`
  return [
    ['train', `${form}?dataset=simulated&target=target&estimator=random_forest_classifier&register=simulated`],
    ['train-empty', form],
    ['train-search', `${form}?dataset=readings&target=hours&mode=search&split=time&column=day&folds=x&without=meter`],
    ['train-auto', `${form}?dataset=readings&target=energy&mode=auto&curve=1`],
    ['training', `${form}/${training.finished}`],
    ['training-search', `${form}/${training.search}`],
    ['training-failed', `${form}/${training.failed}`],
    ['runReports', `/p/${data.project}/runs/${training.finished}/reports`],
    ['runReports-search', `/p/${data.project}/runs/${training.search}/reports`],
  ]
}

/** The pages of data sets, of what was found in them, and of the work that made them. */
function dataPages({ data, run, model, version }) {
  const ofData = `/p/${data.project}/datasets`
  const ofReadings = `${ofData}/readings`
  const ofSnapshot = `${ofReadings}/snapshots/${data.second}`
  const sql = encodeURIComponent('select region, avg(energy) as energy from data group by region order by region')
  return [
    ['datasets-many', ofData],
    ['dataset-snapshots', `${ofReadings}?base=${data.first}`],
    ['dataset-ingests', `${ofReadings}?tab=ingests`],
    ['dataset-quality', `${ofReadings}?tab=quality`],
    ['dataset-definition', `${ofReadings}?tab=definition`],
    ['dataset-empty', `${ofData}/planned`],
    ['dataset-refused', `${ofData}/refused`],
    ['dataset-undeclared', `${ofData}/notes`],
    ['snapshot', ofSnapshot],
    ['snapshot-column', `${ofSnapshot}?tab=profile&column=energy`],
    ['snapshot-column-text', `${ofSnapshot}?tab=profile&column=region`],
    ['snapshot-rows', `${ofSnapshot}?tab=rows`],
    ['snapshot-checks', `${ofSnapshot}?tab=checks`],
    ['snapshot-sql', `${ofSnapshot}?tab=sql&sql=${sql}`],
    ['snapshot-pictures', `${ofData}/photos/snapshots/${data.photos}`],
    ['snapshot-files', `${ofData}/notes/snapshots/${data.notes}`],
    ['snapshotDiff', `${ofSnapshot}/diff?base=${data.first}`],
    ['snapshotDiff-shifts', `${ofSnapshot}/diff?base=${data.first}&tab=distributions`],
    ['snapshotDiff-choose', `${ofSnapshot}/diff`],
    ['ingest', `${ofReadings}/ingests/${data.ingest}`],
    ['ingest-filtered', `${ofReadings}/ingests/${data.ingest}?reason=below_min&column=hours`],
    ['ingest-refused', `${ofData}/refused/ingests/${data.refused}`],
    ['validation', `${ofReadings}/validations/${data.validation}`],
    ['validation-rows', `${ofReadings}/validations/${data.validation}?check=1`],
    ['lineage', `/lineage/snapshot/${data.second}`],
    ['lineage-list', `/lineage/snapshot/${data.second}?view=list`],
    ['lineage-run', `/lineage/run/${run}`],
    ['lineage-version', `/lineage/model_version/${encodeURIComponent(`${model}/${version}`)}?view=list`],
    ['jobs', '/jobs'],
    ['jobs-none', '/jobs?state=cancelled'],
  ]
}
