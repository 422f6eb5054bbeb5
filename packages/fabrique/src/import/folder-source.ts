import { createReadStream, existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import { createInterface } from 'node:readline'
import { FabriqueError, type ImportedModel, type ImportedPoint } from '@fabrique/contract'
import { parse } from 'yaml'
import {
  localPath,
  loggedModelStates,
  type MlflowSource,
  metricNumber,
  milliseconds,
  oneOf,
  pointsPart,
  type SourceExperiment,
  type SourceLoggedModel,
  type SourceRun,
  stages,
  statuses,
  text,
  whole,
} from './mlflow-source.js'

type Meta = Readonly<Record<string, unknown>>

async function readMeta(folder: string): Promise<Meta | undefined> {
  try {
    const value: unknown = parse(await readFile(join(folder, 'meta.yaml'), 'utf8'))
    return typeof value === 'object' && value !== null ? (value as Meta) : undefined
  } catch {
    // A folder without a readable description is none of an experiment, run or model: MLflow passes it by as well.
    return undefined
  }
}

async function folders(parent: string): Promise<readonly string[]> {
  const entries = await readdir(parent, { withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(parent, name))
    .sort()
}

/** The files below a folder by their path, which is the key: a key with `/` is a file in a folder. */
async function files(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort()
}

async function readPairs(folder: string): Promise<Readonly<Record<string, string>>> {
  const pairs: Record<string, string> = {}
  for (const key of await files(folder)) pairs[key] = await readFile(join(folder, key), 'utf8')
  return pairs
}

/** A line of a metric file: milliseconds, value, and step in newer ones. */
function readPoint(key: string, line: string): ImportedPoint | undefined {
  const [time = '', value = '', step = '0'] = line.trim().split(/\s+/)
  if (time === '' || value === '') return undefined
  const number = Number(value.replace(/^([+-]?)inf$/i, '$1Infinity'))
  return [key, metricNumber(number), milliseconds(time) ?? 0, whole(Number(step))]
}

/** Opens a folder in which MLflow tracked without a database (`mlruns`). Throws `import_source_invalid`. */
export async function openFolderSource(from: string): Promise<MlflowSource> {
  const root = resolve(from)
  const described = async (parent: string) =>
    (
      await Promise.all((await folders(parent)).map(async (folder) => ({ folder, meta: await readMeta(folder) })))
    ).filter((found): found is { folder: string; meta: Meta } => found.meta !== undefined)
  const places = new Map<string, string>()
  const found = [...(await described(root)), ...(await described(join(root, '.trash')))].filter(
    ({ meta }) => meta.experiment_id !== undefined,
  )
  if (found.length === 0) {
    throw new FabriqueError('import_source_invalid', { source: from, reason: 'it holds no experiment of MLflow' })
  }

  return {
    label: `MLflow ${root}`,
    async experiments() {
      return Promise.all(
        found.map(async ({ folder, meta }): Promise<SourceExperiment> => {
          const created = milliseconds(meta.creation_time)
          const updated = milliseconds(meta.last_update_time)
          places.set(text(meta.experiment_id), folder)
          return {
            id: text(meta.experiment_id),
            name: text(meta.name),
            artifactLocation: text(meta.artifact_location),
            lifecycle_stage: oneOf(['active', 'deleted'], meta.lifecycle_stage, 'active'),
            ...(created === undefined ? {} : { creation_time: created }),
            ...(updated === undefined ? {} : { last_update_time: updated }),
            tags: await readPairs(join(folder, 'tags')),
          }
        }),
      )
    },
    async *loggedModels({ id }) {
      for (const { folder, meta } of await described(join(places.get(id) ?? '', 'models'))) {
        if (meta.model_id !== undefined) yield await readLoggedModel(folder, meta)
      }
    },
    async *runs({ id }) {
      const experiment = places.get(id) ?? ''
      for (const { folder, meta } of await described(experiment)) {
        const runId = text(meta.run_id ?? meta.run_uuid)
        if (runId === '') continue
        places.set(runId, folder)
        yield await readRun(folder, experiment, meta, runId)
      }
    },
    async *points({ run_id }) {
      const folder = join(places.get(run_id) ?? '', 'metrics')
      let part: ImportedPoint[] = []
      for (const key of await files(folder)) {
        for await (const line of createInterface({ input: createReadStream(join(folder, key)) })) {
          const point = readPoint(key, line)
          if (point !== undefined) part.push(point)
          if (part.length < pointsPart) continue
          yield part
          part = []
        }
      }
      if (part.length > 0) yield part
    },
    models: () => readModels(join(root, 'models')),
    localFolder(address) {
      const path = localPath(address)
      if (path === undefined) return undefined
      if (existsSync(path)) return resolve(path)
      // The folder was moved or came from another machine: its inner structure is the same.
      const inner = /(?:^|\/)([^/]+\/(?:models\/)?[^/]+\/artifacts(?:\/.*)?)$/.exec(path)?.[1]
      return inner === undefined ? undefined : join(root, inner)
    },
    close: async () => {},
  }
}

async function readRun(folder: string, experiment: string, meta: Meta, runId: string): Promise<SourceRun> {
  const end = milliseconds(meta.end_time)
  const deleted = milliseconds(meta.deleted_time)
  const tags = await readPairs(join(folder, 'tags'))
  return {
    run_id: runId,
    experiment_id: text(meta.experiment_id),
    name: tags['mlflow.runName'] || text(meta.run_name ?? meta.name) || runId.slice(0, 8),
    user_id: text(meta.user_id),
    status: statuses[Number(meta.status) - 1] ?? 'FINISHED',
    start_time: milliseconds(meta.start_time) ?? 0,
    ...(end === undefined ? {} : { end_time: end }),
    ...(deleted === undefined ? {} : { deleted_time: deleted }),
    is_deleted: meta.lifecycle_stage === 'deleted',
    artifact_uri: text(meta.artifact_uri),
    params: await readPairs(join(folder, 'params')),
    tags,
    ...(await readInputs(folder, experiment)),
  }
}

async function readInputs(folder: string, experiment: string): Promise<Pick<SourceRun, 'datasets' | 'models'>> {
  const datasets: SourceRun['datasets'][number][] = []
  const models: SourceRun['models'][number][] = []
  for (const place of await folders(join(folder, 'inputs'))) {
    const input = await readMeta(place)
    const source = text(input?.source_id)
    if (text(input?.source_type).includes('MODEL')) models.push({ model_id: source, role: 'input', step: 0 })
    const dataset = await readMeta(join(experiment, 'datasets', source))
    if (input === undefined || dataset === undefined) continue
    datasets.push({
      name: text(dataset.name),
      digest: text(dataset.digest),
      source_type: text(dataset.source_type),
      source: text(dataset.source),
      ...(dataset.schema == null ? {} : { schema: text(dataset.schema) }),
      ...(dataset.profile == null ? {} : { profile: text(dataset.profile) }),
      tags: textsOf(input.tags),
    })
  }
  for (const place of await folders(join(folder, 'outputs'))) {
    const output = await readMeta(place)
    if (output === undefined) continue
    models.push({ model_id: text(output.destination_id), role: 'output', step: Number(output.step ?? 0) })
  }
  return { datasets, models }
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, text(inner)]))
}

async function readLoggedModel(folder: string, meta: Meta): Promise<SourceLoggedModel> {
  const metrics: SourceLoggedModel['metrics'][number][] = []
  for (const key of await files(join(folder, 'metrics'))) {
    const lines = (await readFile(join(folder, 'metrics', key), 'utf8')).split('\n')
    for (const line of lines) {
      const point = readPoint(key, line)
      if (point === undefined) continue
      const [, value, timestamp, step] = point
      const [, , , run = '', name = '', digest = ''] = line.trim().split(/\s+/)
      metrics.push({ key, value, timestamp, step, run_id: run, dataset_name: name, dataset_digest: digest })
    }
  }
  return {
    model_id: text(meta.model_id),
    experiment_id: text(meta.experiment_id),
    name: text(meta.name),
    model_type: text(meta.model_type),
    source_run_id: text(meta.source_run_id),
    status: loggedModelStates[Number(meta.status)] ?? 'UNSPECIFIED',
    lifecycle_stage: oneOf(['active', 'deleted'], meta.lifecycle_stage, 'active'),
    creation_time: milliseconds(meta.creation_timestamp) ?? 0,
    last_update_time: milliseconds(meta.last_updated_timestamp) ?? 0,
    artifact_uri: text(meta.artifact_location),
    params: await readPairs(join(folder, 'params')),
    tags: await readPairs(join(folder, 'tags')),
    metrics,
  }
}

async function readModels(root: string): Promise<readonly ImportedModel[]> {
  const models: ImportedModel[] = []
  for (const folder of await folders(root)) {
    const meta = await readMeta(folder)
    if (meta === undefined) continue
    const places = (await folders(folder)).filter((place) => /version-\d+$/.test(place))
    const versions = await Promise.all(
      places.map(async (place) => ({
        meta: (await readMeta(place)) ?? {},
        tags: await readPairs(join(place, 'tags')),
      })),
    )
    models.push({
      name: text(meta.name),
      description: text(meta.description),
      tags: await readPairs(join(folder, 'tags')),
      creation_time: milliseconds(meta.creation_timestamp) ?? 0,
      last_update_time: milliseconds(meta.last_updated_timestamp) ?? 0,
      last_version: Math.max(0, ...versions.map((version) => Number(version.meta.version ?? 0))),
      aliases: Object.fromEntries(
        Object.entries(await readPairs(join(folder, 'aliases'))).map(([alias, version]) => [alias, Number(version)]),
      ),
      versions: versions
        .filter((version) => version.meta.version !== undefined)
        .filter((version) => !text(version.meta.current_stage).startsWith('Deleted'))
        .map((version) => describeVersion(version.meta, version.tags))
        .sort((left, right) => left.version - right.version),
    })
  }
  return models
}

function describeVersion(meta: Meta, tags: Readonly<Record<string, string>>): ImportedModel['versions'][number] {
  return {
    version: Number(meta.version),
    description: text(meta.description),
    stage: oneOf(stages, meta.current_stage, 'None'),
    source: text(meta.source),
    ...(meta.storage_location == null ? {} : { storage_location: text(meta.storage_location) }),
    ...(meta.run_id == null || meta.run_id === '' ? {} : { run_id: text(meta.run_id) }),
    ...(meta.model_id == null ? {} : { logged_model_id: text(meta.model_id) }),
    user_id: text(meta.user_id),
    tags,
    creation_time: milliseconds(meta.creation_timestamp) ?? 0,
    last_update_time: milliseconds(meta.last_updated_timestamp) ?? 0,
  }
}
