import { dirname, join, resolve } from 'node:path'
import { FabriqueError, type ImportedModel, type ImportedPoint } from '@fabrique/contract'
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
import { openPostgres, openSqlite, type Row } from './row-reader.js'

export interface SqlSourceOptions {
  /** A SQLite file, or the address of a PostgreSQL database. */
  readonly from: string
  /** Folder of the artifacts that the server of MLflow kept; `mlartifacts` beside the file by default. */
  readonly artifacts?: string
}

const runsPart = 200
const marks = (items: readonly unknown[]) => items.map(() => '?').join(', ')

/** Texts by owner and key. */
function pairsBy(rows: readonly Row[], owner: string, key = 'key', value = 'value') {
  const found = new Map<string, Record<string, string>>()
  for (const row of rows) {
    const pairs = found.get(text(row[owner])) ?? {}
    pairs[text(row[key])] = text(row[value])
    found.set(text(row[owner]), pairs)
  }
  return (id: string): Readonly<Record<string, string>> => found.get(id) ?? {}
}

function groupBy(rows: readonly Row[], owner: string): (id: string) => readonly Row[] {
  const found = new Map<string, Row[]>()
  for (const row of rows) found.set(text(row[owner]), [...(found.get(text(row[owner])) ?? []), row])
  return (id) => found.get(id) ?? []
}

/** A value of a metric; older databases mark NaN in a column of its own. */
function metricValue(value: unknown, isNan: unknown): number | 'NaN' {
  const marked = isNan === true || isNan === 1 || isNan === 1n
  return marked || value === null ? 'NaN' : metricNumber(Number(value))
}

/** Opens the database of an MLflow server, of any version since 1.0. Throws `import_source_invalid`. */
export async function openSqlSource({ from, artifacts }: SqlSourceOptions): Promise<MlflowSource> {
  const isPostgres = /^postgres/.test(from)
  const file = from.replace(/^sqlite:\/{2,3}/, '')
  const reader = isPostgres ? await openPostgres(from) : await openSqlite(file)
  const tables = await reader.tables()
  if (!tables.has('experiments') || !tables.has('runs')) {
    await reader.close()
    throw new FabriqueError('import_source_invalid', {
      source: isPostgres ? 'the database' : file,
      reason: 'it has no tables of MLflow',
    })
  }
  const root = resolve(artifacts ?? (isPostgres ? 'mlartifacts' : join(dirname(file), 'mlartifacts')))
  const query = (table: string, rest: string, values: readonly string[] = []) =>
    tables.has(table) ? reader.all(`select * from ${table} ${rest}`, values) : Promise.resolve<readonly Row[]>([])

  return {
    label: isPostgres ? 'MLflow on PostgreSQL' : `MLflow ${file}`,
    async experiments() {
      const tags = pairsBy(await query('experiment_tags', ''), 'experiment_id')
      const rows = await query('experiments', 'order by experiment_id')
      return rows.map((row): SourceExperiment => {
        const created = milliseconds(row.creation_time)
        const updated = milliseconds(row.last_update_time)
        return {
          id: text(row.experiment_id),
          name: text(row.name),
          artifactLocation: text(row.artifact_location),
          lifecycle_stage: oneOf(['active', 'deleted'], row.lifecycle_stage, 'active'),
          ...(created === undefined ? {} : { creation_time: created }),
          ...(updated === undefined ? {} : { last_update_time: updated }),
          tags: tags(text(row.experiment_id)),
        }
      })
    },
    async *loggedModels({ id }) {
      const rows = await query('logged_models', 'where experiment_id = ? order by model_id', [id])
      for (let start = 0; start < rows.length; start += runsPart) {
        yield* await describeLoggedModels(rows.slice(start, start + runsPart), query)
      }
    },
    async *runs({ id }) {
      const ids = await reader.all('select run_uuid from runs where experiment_id = ? order by run_uuid', [id])
      for (let start = 0; start < ids.length; start += runsPart) {
        const part = ids.slice(start, start + runsPart).map(({ run_uuid }) => text(run_uuid))
        yield* await describeRuns(part, query)
      }
    },
    async *points({ run_id }) {
      // Older databases have no steps or marks: they read as null.
      const statement = 'select * from metrics where run_uuid = ? order by key, step, timestamp'
      for await (const rows of reader.parts(statement, [run_id], pointsPart)) {
        yield rows.map(
          (row): ImportedPoint => [
            text(row.key),
            metricValue(row.value, row.is_nan),
            milliseconds(row.timestamp) ?? 0,
            whole(Number(row.step ?? 0)),
          ],
        )
      }
    },
    models: () => readModels(query),
    localFolder(address) {
      const kept = /^mlflow-artifacts:(?:\/\/[^/]*)?\/*(.*)$/s.exec(address)?.[1]
      if (kept !== undefined) return join(root, kept)
      const path = localPath(address)
      return path === undefined ? undefined : resolve(isPostgres ? '.' : dirname(file), path)
    },
    close: () => reader.close(),
  }
}

type Query = (table: string, rest: string, values?: readonly string[]) => Promise<readonly Row[]>

async function describeRuns(ids: readonly string[], query: Query): Promise<readonly SourceRun[]> {
  const these = `where run_uuid in (${marks(ids)})`
  const rows = await query('runs', `${these} order by run_uuid`, ids)
  const params = pairsBy(await query('params', these, ids), 'run_uuid')
  const tags = pairsBy(await query('tags', these, ids), 'run_uuid')
  const inputs = await query(
    'inputs',
    `where destination_id in (${marks(ids)}) or source_id in (${marks(ids)}) order by input_uuid`,
    [...ids, ...ids],
  )
  const inputIds = inputs.map(({ input_uuid }) => text(input_uuid))
  const inputTags =
    inputIds.length === 0 ? [] : await query('input_tags', `where input_uuid in (${marks(inputIds)})`, inputIds)
  const tagsOfInput = pairsBy(inputTags, 'input_uuid', 'name')
  const datasetIds = inputs
    .filter(({ source_type }) => source_type === 'DATASET')
    .map(({ source_id }) => text(source_id))
  const datasets = new Map(
    (datasetIds.length === 0
      ? []
      : await query('datasets', `where dataset_uuid in (${marks(datasetIds)})`, datasetIds)
    ).map((row) => [text(row.dataset_uuid), row]),
  )
  const byDestination = groupBy(inputs, 'destination_id')
  const bySource = groupBy(inputs, 'source_id')
  return rows.map((row) => {
    const id = text(row.run_uuid)
    const end = milliseconds(row.end_time)
    const deleted = milliseconds(row.deleted_time)
    const own = tags(id)
    return {
      run_id: id,
      experiment_id: text(row.experiment_id),
      name: own['mlflow.runName'] || text(row.name) || id.slice(0, 8),
      user_id: text(row.user_id),
      status: oneOf(statuses, row.status, 'FINISHED'),
      start_time: milliseconds(row.start_time) ?? 0,
      ...(end === undefined ? {} : { end_time: end }),
      ...(deleted === undefined ? {} : { deleted_time: deleted }),
      is_deleted: row.lifecycle_stage === 'deleted',
      artifact_uri: text(row.artifact_uri),
      params: params(id),
      tags: own,
      datasets: byDestination(id).flatMap((input) => {
        const dataset = datasets.get(text(input.source_id))
        return dataset === undefined ? [] : [describeDataset(dataset, tagsOfInput(text(input.input_uuid)))]
      }),
      models: [
        ...byDestination(id)
          .filter(({ source_type }) => text(source_type).includes('MODEL'))
          .map(({ source_id }) => ({ model_id: text(source_id), role: 'input' as const, step: 0 })),
        ...bySource(id)
          .filter(({ destination_type }) => destination_type === 'MODEL_OUTPUT')
          .map(({ destination_id, step }) => ({
            model_id: text(destination_id),
            role: 'output' as const,
            step: Number(step ?? 0),
          })),
      ],
    }
  })
}

function describeDataset(row: Row, tags: Readonly<Record<string, string>>) {
  return {
    name: text(row.name),
    digest: text(row.digest),
    source_type: text(row.dataset_source_type),
    source: text(row.dataset_source),
    ...(row.dataset_schema === null ? {} : { schema: text(row.dataset_schema) }),
    ...(row.dataset_profile === null ? {} : { profile: text(row.dataset_profile) }),
    tags,
  }
}

async function describeLoggedModels(rows: readonly Row[], query: Query): Promise<readonly SourceLoggedModel[]> {
  const ids = rows.map(({ model_id }) => text(model_id))
  const these = `where model_id in (${marks(ids)})`
  const params = pairsBy(await query('logged_model_params', these, ids), 'model_id', 'param_key', 'param_value')
  const tags = pairsBy(await query('logged_model_tags', these, ids), 'model_id', 'tag_key', 'tag_value')
  const metrics = groupBy(await query('logged_model_metrics', these, ids), 'model_id')
  return rows.map((row) => ({
    model_id: text(row.model_id),
    experiment_id: text(row.experiment_id),
    name: text(row.name),
    model_type: text(row.model_type),
    source_run_id: text(row.source_run_id),
    status: loggedModelStates[Number(row.status)] ?? 'UNSPECIFIED',
    lifecycle_stage: oneOf(['active', 'deleted'], row.lifecycle_stage, 'active'),
    creation_time: milliseconds(row.creation_timestamp_ms) ?? 0,
    last_update_time: milliseconds(row.last_updated_timestamp_ms) ?? 0,
    artifact_uri: text(row.artifact_location),
    params: params(text(row.model_id)),
    tags: tags(text(row.model_id)),
    metrics: metrics(text(row.model_id)).map((metric) => ({
      key: text(metric.metric_name),
      value: metricValue(metric.metric_value, false),
      timestamp: milliseconds(metric.metric_timestamp_ms) ?? 0,
      step: whole(Number(metric.metric_step ?? 0)),
      run_id: text(metric.run_id),
      dataset_name: text(metric.dataset_name),
      dataset_digest: text(metric.dataset_digest),
    })),
  }))
}

async function readModels(query: Query): Promise<readonly ImportedModel[]> {
  const tags = pairsBy(await query('registered_model_tags', ''), 'name')
  const aliases = groupBy(await query('registered_model_aliases', ''), 'name')
  const versions = groupBy(await query('model_versions', 'order by name, version'), 'name')
  const versionTags = groupBy(await query('model_version_tags', ''), 'name')
  const models = await query('registered_models', 'order by name')
  return models.map((row) => {
    const name = text(row.name)
    const own = versions(name)
    const tagsOfVersion = pairsBy(versionTags(name), 'version')
    return {
      name,
      description: text(row.description),
      tags: tags(name),
      creation_time: milliseconds(row.creation_time) ?? 0,
      last_update_time: milliseconds(row.last_updated_time) ?? 0,
      last_version: Math.max(0, ...own.map(({ version }) => Number(version))),
      aliases: Object.fromEntries(aliases(name).map(({ alias, version }) => [text(alias), Number(version)])),
      versions: own
        // A deleted version leaves its row, emptied, so that its number is not given again.
        .filter(({ current_stage }) => !text(current_stage).startsWith('Deleted'))
        .map((version) => ({
          version: Number(version.version),
          description: text(version.description),
          stage: oneOf(stages, version.current_stage, 'None'),
          source: text(version.source),
          ...(version.storage_location == null ? {} : { storage_location: text(version.storage_location) }),
          ...(version.run_id == null || version.run_id === '' ? {} : { run_id: text(version.run_id) }),
          user_id: text(version.user_id),
          tags: tagsOfVersion(text(version.version)),
          creation_time: milliseconds(version.creation_time) ?? 0,
          last_update_time: milliseconds(version.last_updated_time) ?? 0,
        })),
    }
  })
}
