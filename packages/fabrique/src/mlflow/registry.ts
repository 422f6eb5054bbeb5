import { z } from 'zod'
import { everyItem } from './pages.js'
import { isMlflowError, type Transport } from './transport.js'
import { ModelVersion, page, RegisteredModel, wirePairs } from './wire.js'

export interface RegistrySearch {
  readonly filter?: string
  readonly orderBy?: readonly string[]
  readonly pageSize?: number
}

export interface NewModelVersion {
  readonly name: string
  /** Address of the model folder, as `runs:/<run id>/model`, `models:/m-…` or an artifact address. */
  readonly source: string
  readonly runId?: string
  readonly modelId?: string
  readonly description?: string
  readonly tags?: Readonly<Record<string, string>>
}

export type Stage = 'None' | 'Staging' | 'Production' | 'Archived'

const models = '/api/2.0/mlflow/registered-models'
const versions = '/api/2.0/mlflow/model-versions'
const ModelReply = z.object({ registered_model: RegisteredModel })
const VersionReply = z.object({ model_version: ModelVersion })
const ModelPage = page('registered_models', RegisteredModel)
const VersionPage = page('model_versions', ModelVersion)

type Body = Readonly<Record<string, unknown>>

/** Calls about registered models, their versions, aliases, stages and tags. */
export function registryCalls(transport: Transport) {
  const send = (method: 'POST' | 'PATCH' | 'DELETE', path: string, body: Body, canRepeat = true) =>
    transport.call({ method, path, body, canRepeat })
  const change = async (method: 'POST' | 'PATCH' | 'DELETE', path: string, body: Body) => {
    await send(method, path, body)
  }

  const createModel = async (
    name: string,
    options: { readonly description?: string; readonly tags?: Readonly<Record<string, string>> } = {},
  ): Promise<RegisteredModel> => {
    const body = { name, description: options.description, tags: wirePairs(options.tags) }
    return ModelReply.parse(await send('POST', `${models}/create`, body, false)).registered_model
  }

  const createVersion = async (version: NewModelVersion): Promise<ModelVersion> => {
    const body = {
      name: version.name,
      source: version.source,
      run_id: version.runId,
      model_id: version.modelId,
      description: version.description,
      tags: wirePairs(version.tags),
    }
    // Each creation gives the next number.
    return VersionReply.parse(await send('POST', `${versions}/create`, body, false)).model_version
  }

  return {
    createModel,
    async getModel(name: string): Promise<RegisteredModel> {
      const reply = await transport.call({ method: 'GET', path: `${models}/get`, query: { name } })
      return ModelReply.parse(reply).registered_model
    },
    searchModels: (search: RegistrySearch = {}): AsyncGenerator<RegisteredModel, void, undefined> =>
      everyItem(async (token) =>
        ModelPage.parse(
          await transport.call({ method: 'GET', path: `${models}/search`, query: searchQuery(search, token, 100) }),
        ),
      ),
    renameModel: (name: string, newName: string) => change('POST', `${models}/rename`, { name, new_name: newName }),
    describeModel: (name: string, description: string) => change('PATCH', `${models}/update`, { name, description }),
    deleteModel: (name: string) => change('DELETE', `${models}/delete`, { name }),
    setModelTag: (name: string, key: string, value: string) =>
      change('POST', `${models}/set-tag`, { name, key, value }),
    deleteModelTag: (name: string, key: string) => change('DELETE', `${models}/delete-tag`, { name, key }),

    createVersion,
    /** Registers a model as the next version; makes the name where it is new. */
    async register(version: NewModelVersion): Promise<ModelVersion> {
      try {
        await createModel(version.name)
      } catch (error) {
        if (!isMlflowError(error, 'RESOURCE_ALREADY_EXISTS')) throw error
      }
      return createVersion(version)
    },
    async getVersion(name: string, version: string): Promise<ModelVersion> {
      const reply = await transport.call({ method: 'GET', path: `${versions}/get`, query: { name, version } })
      return VersionReply.parse(reply).model_version
    },
    searchVersions: (search: RegistrySearch = {}): AsyncGenerator<ModelVersion, void, undefined> =>
      everyItem(async (token) =>
        VersionPage.parse(
          await transport.call({ method: 'GET', path: `${versions}/search`, query: searchQuery(search, token, 1000) }),
        ),
      ),
    describeVersion: (name: string, version: string, description: string) =>
      change('PATCH', `${versions}/update`, { name, version, description }),
    deleteVersion: (name: string, version: string) => change('DELETE', `${versions}/delete`, { name, version }),
    setVersionTag: (name: string, version: string, key: string, value: string) =>
      change('POST', `${versions}/set-tag`, { name, version, key, value }),
    deleteVersionTag: (name: string, version: string, key: string) =>
      change('DELETE', `${versions}/delete-tag`, { name, version, key }),
    /** Where the files of a version are. */
    async downloadUri(name: string, version: string): Promise<string> {
      const query = { name, version }
      const reply = await transport.call({ method: 'GET', path: `${versions}/get-download-uri`, query })
      return z.object({ artifact_uri: z.string() }).parse(reply).artifact_uri
    },
    /** The stages that aliases replace. */
    async transitionStage(name: string, version: string, stage: Stage, archiveExisting = false): Promise<ModelVersion> {
      const body = { name, version, stage, archive_existing_versions: archiveExisting }
      return VersionReply.parse(await send('POST', `${versions}/transition-stage`, body)).model_version
    },

    setAlias: (name: string, alias: string, version: string) =>
      change('POST', `${models}/alias`, { name, alias, version }),
    deleteAlias: (name: string, alias: string) => change('DELETE', `${models}/alias`, { name, alias }),
    /** The version an alias points to, as `models:/name@alias`. */
    async getByAlias(name: string, alias: string): Promise<ModelVersion> {
      const reply = await transport.call({ method: 'GET', path: `${models}/alias`, query: { name, alias } })
      return VersionReply.parse(reply).model_version
    },
  }
}

function searchQuery({ filter, orderBy, pageSize }: RegistrySearch, token: string | undefined, size: number) {
  return {
    filter,
    max_results: pageSize ?? size,
    page_token: token,
    ...(orderBy === undefined ? {} : { order_by: orderBy }),
  }
}
