// Every page of the path builder, with values that the server really has.

async function read(base, path) {
  const reply = await fetch(`${base}${path}`)
  if (!reply.ok) throw new Error(`${path} answers ${reply.status}`)
  return reply.json()
}

/** The things that pages are about: the first of each kind. */
export async function knownThings(base) {
  const [project] = (await read(base, '/api/v1/projects')).items
  const [dataset] = (await read(base, `/api/v1/projects/${project.name}/datasets`)).items
  const runs = (await read(base, `/api/v1/projects/${project.name}/runs?limit=20`)).items
  const run = runs.find(({ status }) => status === 'FINISHED')
  const artifacts = (await read(base, `/api/v1/runs/${run.id}/artifacts`)).items
  const [endpoint] = (await read(base, '/api/v1/endpoints')).items
  const model = await read(base, `/api/v1/models/${endpoint.model}`)
  return {
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
export function knownPages({ project, dataset, run, artifacts, metric, model, version, signature }) {
  const ofRun = `/p/${project}/runs/${run}`
  const ofDataset = `/p/${project}/datasets/${dataset}`
  const json = artifacts.find((path) => path.endsWith('.json')) ?? artifacts[0]
  return [
    ['home', '/'],
    ['runs', `/p/${project}/runs`],
    ['run', ofRun],
    ['runMetrics', `${ofRun}/metrics?metric=${metric}`],
    ['runArtifacts', `${ofRun}/artifacts?path=${encodeURIComponent(json)}`],
    ['runReproduce', `${ofRun}/reproduce`],
    ['datasets', `/p/${project}/datasets`],
    ['dataset', ofDataset],
    ['dataset-rows', `${ofDataset}?tab=rows`],
    ['dataset-schema', `${ofDataset}?tab=schema`],
    ['dataset-snapshots', `${ofDataset}?tab=snapshots`],
    ['models', '/models'],
    ['model', `/models/${model}`],
    ['modelVersion', `/models/${model}/${version}`],
    ['endpoints', '/endpoints'],
    ['tryEndpoint', `/endpoints/${model}/try?input=${encodeURIComponent(JSON.stringify(signature.example))}`],
    ['tryEndpoint-json', `/endpoints/${model}/try?tab=json`],
    ['tryEndpoint-code', `/endpoints/${model}/try?tab=code`],
    ['settings', '/settings'],
    ['about', '/about'],
    ['not-found', '/modles'],
  ]
}
