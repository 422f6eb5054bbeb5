import { existsSync, statSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { FabriqueError, type ImportBatch, type ImportedModel, type ImportReply, routes } from '@fabrique/contract'
import type { z } from 'zod'
import type { ApiClient } from '../client/index.js'
import type { MlflowClient } from '../mlflow/index.js'
import { openFolderSource } from './folder-source.js'
import type { MlflowSource, SourceExperiment, SourceRun } from './mlflow-source.js'
import { openSqlSource } from './sql-source.js'

/** What an import brought; what was here already counts as unchanged. */
export interface ImportSummary {
  readonly source: string
  readonly experiments: Count
  readonly runs: Count
  readonly logged_models: Count
  readonly models: Count
  versions: number
  /** Points that were read; those that were here already were dropped. */
  points: number
  files: number
  bytes: number
  /** What could not be brought, and why. */
  readonly warnings: string[]
}

interface Count {
  created: number
  unchanged: number
}

export interface ImportOptions {
  /** A SQLite file, the address of a PostgreSQL database, or an `mlruns` folder. */
  readonly from: string
  /** Folder in which the server of MLflow kept artifacts; `mlartifacts` beside a SQLite file by default. */
  readonly artifacts?: string
  readonly api: ApiClient
  readonly mlflow: MlflowClient
  readonly onProgress?: (summary: ImportSummary) => void
}

const runsPart = 100

type ImportBatchInput = z.input<typeof ImportBatch>

/** Opens what `--from` names. Throws `import_source_invalid`. */
export async function openMlflowSource(from: string, artifacts: string | undefined): Promise<MlflowSource> {
  if (/^(?:postgres|sqlite)[\w+]*:/.test(from) || (existsSync(from) && statSync(from).isFile())) {
    return openSqlSource(artifacts === undefined ? { from } : { from, artifacts })
  }
  if (existsSync(from)) return openFolderSource(from)
  throw new FabriqueError('import_source_invalid', { source: from, reason: 'there is no such file or folder' })
}

/**
 * Brings everything that an MLflow store holds: experiments, runs with every point, data sets, artifacts, logged models, and the
 * registry. What is here already stays as it is, so it may be stopped and run again. Throws `import_source_invalid`.
 */
export async function importMlflow(options: ImportOptions): Promise<ImportSummary> {
  const source = await openMlflowSource(options.from, options.artifacts)
  try {
    return await new Import(source, options).run()
  } finally {
    await source.close()
  }
}

class Import {
  readonly #source: MlflowSource
  readonly #options: ImportOptions
  readonly #summary: ImportSummary
  /** Addresses there and here of the folders that were brought, for the sources of model versions. */
  readonly #addresses = new Map<string, string>()

  constructor(source: MlflowSource, options: ImportOptions) {
    this.#source = source
    this.#options = options
    const none = () => ({ created: 0, unchanged: 0 })
    this.#summary = {
      source: source.label,
      experiments: none(),
      runs: none(),
      logged_models: none(),
      models: none(),
      versions: 0,
      points: 0,
      files: 0,
      bytes: 0,
      warnings: [],
    }
  }

  async run(): Promise<ImportSummary> {
    const experiments = await this.#source.experiments()
    const ids = await this.#experiments(experiments)
    for (const experiment of experiments) {
      const id = ids.get(experiment.id)
      if (id === undefined) continue
      await this.#loggedModels(experiment, id)
      await this.#runs(experiment, id)
    }
    await this.#models()
    const deleted = experiments.filter(({ lifecycle_stage }) => lifecycle_stage === 'deleted')
    const gone = deleted.flatMap(({ id }) => ids.get(id) ?? [])
    // One that is deleted there and lives here under the same name is another one by now.
    const fresh = gone.filter((id) => this.#newExperiments.has(id))
    if (fresh.length > 0) await this.#send({ kind: 'deleted_experiments', experiment_ids: fresh })
    return this.#summary
  }

  readonly #newExperiments = new Set<string>()

  #send(body: ImportBatchInput): Promise<ImportReply> {
    return this.#options.api.call(routes.importMlflow, { body })
  }

  #count(count: Count, { created, unchanged }: ImportReply): void {
    count.created += created
    count.unchanged += unchanged
    this.#options.onProgress?.(this.#summary)
  }

  async #experiments(experiments: readonly SourceExperiment[]): Promise<ReadonlyMap<string, string>> {
    const ids = new Map<string, string>()
    for (let start = 0; start < experiments.length; start += 1000) {
      const part = experiments.slice(start, start + 1000)
      const items = part.map(({ id: _, artifactLocation: __, ...experiment }) => experiment)
      const reply = await this.#send({ kind: 'experiments', items })
      this.#count(this.#summary.experiments, reply)
      for (const { name, experiment_id, is_new } of reply.experiments ?? []) {
        const there = part.find((experiment) => experiment.name === name)
        if (there !== undefined) ids.set(there.id, experiment_id)
        if (is_new) this.#newExperiments.add(experiment_id)
      }
    }
    return ids
  }

  async #loggedModels(experiment: SourceExperiment, experimentId: string): Promise<void> {
    for await (const model of this.#source.loggedModels(experiment)) {
      const folder = this.#source.localFolder(model.artifact_uri)
      const { artifact_uri, ...rest } = model
      const item = { ...rest, experiment_id: experimentId, ...(folder === undefined ? { artifact_uri } : {}) }
      const reply = await this.#send({ kind: 'logged_models', items: [item] })
      this.#count(this.#summary.logged_models, reply)
      const here = reply.logged_models?.[0]?.artifact_uri
      if (here === undefined) continue
      this.#addresses.set(artifact_uri, here)
      if (folder !== undefined) await this.#files(folder, here, `logged model ${model.model_id}`)
    }
  }

  async #runs(experiment: SourceExperiment, experimentId: string): Promise<void> {
    let part: SourceRun[] = []
    for await (const run of this.#source.runs(experiment)) {
      part.push(run)
      if (part.length < runsPart) continue
      await this.#bringRuns(part, experimentId)
      part = []
    }
    if (part.length > 0) await this.#bringRuns(part, experimentId)
  }

  async #bringRuns(runs: readonly SourceRun[], experimentId: string): Promise<void> {
    const items = runs.map(({ is_deleted: _, deleted_time: __, artifact_uri, ...run }) => ({
      ...run,
      experiment_id: experimentId,
      ...(this.#source.localFolder(artifact_uri) === undefined ? { artifact_uri } : {}),
    }))
    const reply = await this.#send({ kind: 'runs', items })
    this.#count(this.#summary.runs, reply)
    const here = new Map((reply.runs ?? []).map((run) => [run.run_id, run]))
    const complete: { run_id: string; deleted_time?: number }[] = []
    for (const run of runs) {
      const target = here.get(run.run_id)
      if (target === undefined) continue
      this.#addresses.set(run.artifact_uri, target.artifact_uri)
      if (target.is_complete || target.is_deleted) continue
      await this.#points(run)
      const folder = this.#source.localFolder(run.artifact_uri)
      if (folder !== undefined) await this.#files(folder, target.artifact_uri, `run ${run.run_id}`)
      else if (run.artifact_uri !== '') this.#warn(`Artifacts of run ${run.run_id} stay at ${run.artifact_uri}`)
      // What still runs may bring more by the next import.
      if (run.status === 'RUNNING' || run.status === 'SCHEDULED') continue
      const deleted = run.is_deleted ? (run.deleted_time ?? run.end_time ?? run.start_time) : undefined
      complete.push({ run_id: run.run_id, ...(deleted === undefined ? {} : { deleted_time: deleted }) })
    }
    if (complete.length > 0) await this.#send({ kind: 'complete', source: this.#source.label, runs: complete })
  }

  async #points(run: SourceRun): Promise<void> {
    for await (const points of this.#source.points(run)) {
      await this.#send({ kind: 'points', run_id: run.run_id, points: [...points] })
      this.#summary.points += points.length
      this.#options.onProgress?.(this.#summary)
    }
  }

  /** Sends the files of a folder that are not there yet. */
  async #files(folder: string, address: string, owner: string): Promise<void> {
    const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => undefined)
    const files = (entries ?? []).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
    if (files.length === 0) return
    const { artifacts } = this.#options.mlflow
    const there = new Map((await artifacts.listAll(address)).map(({ path, bytes }) => [path, bytes]))
    for (const file of files) {
      const path = relative(folder, file).split(sep).join('/')
      const { size } = await stat(file)
      if (there.get(path) === size) continue
      try {
        await artifacts.upload(address, file, dirname(path) === '.' ? '' : dirname(path))
        this.#summary.files += 1
        this.#summary.bytes += size
      } catch (error) {
        this.#warn(`${path} of ${owner} was not brought: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
    this.#options.onProgress?.(this.#summary)
  }

  async #models(): Promise<void> {
    for (const model of await this.#source.models()) {
      const reply = await this.#send({ kind: 'models', items: [this.#withAddresses(model)] })
      this.#count(this.#summary.models, reply)
      this.#summary.versions += reply.versions ?? 0
    }
  }

  #withAddresses(model: ImportedModel): ImportedModel {
    return {
      ...model,
      versions: model.versions.map(({ storage_location, ...version }) => {
        const logged = /^models:\/(m-[0-9a-f]{32})$/.exec(version.source)?.[1]
        const source = this.#here(version.source) ?? version.source
        const storage = storage_location === undefined ? undefined : this.#here(storage_location)
        return {
          ...version,
          source,
          ...(storage === undefined || storage === source ? {} : { storage_location: storage }),
          ...(logged === undefined ? {} : { logged_model_id: logged }),
        }
      }),
    }
  }

  /** The address here of a folder there, or of one inside of it. */
  #here(address: string): string | undefined {
    for (let folder = address; folder.includes('/'); folder = folder.slice(0, folder.lastIndexOf('/'))) {
      const here = this.#addresses.get(folder)
      if (here !== undefined) return here + address.slice(folder.length)
    }
    return undefined
  }

  #warn(text: string): void {
    if (this.#summary.warnings.length < 1000) this.#summary.warnings.push(text)
  }
}
