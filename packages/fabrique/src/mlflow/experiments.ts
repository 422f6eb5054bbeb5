import { z } from 'zod'
import { everyItem } from './pages.js'
import { isMlflowError, type Transport } from './transport.js'
import { Experiment, page, wirePairs } from './wire.js'

export type ViewType = 'ACTIVE_ONLY' | 'DELETED_ONLY' | 'ALL'

export interface ExperimentSearch {
  readonly filter?: string
  readonly orderBy?: readonly string[]
  readonly viewType?: ViewType
  /** Experiments asked for at once; 1000 by default. */
  readonly pageSize?: number
}

const api = '/api/2.0/mlflow/experiments'
const ExperimentPage = page('experiments', Experiment)
const ExperimentReply = z.object({ experiment: Experiment })

/** Calls about experiments. */
export function experimentCalls(transport: Transport) {
  const get = async (experimentId: string): Promise<Experiment> => {
    const query = { experiment_id: experimentId }
    return ExperimentReply.parse(await transport.call({ method: 'GET', path: `${api}/get`, query })).experiment
  }

  const findByName = async (name: string): Promise<Experiment | undefined> => {
    try {
      const reply = await transport.call({
        method: 'GET',
        path: `${api}/get-by-name`,
        query: { experiment_name: name },
      })
      return ExperimentReply.parse(reply).experiment
    } catch (error) {
      if (isMlflowError(error, 'RESOURCE_DOES_NOT_EXIST')) return undefined
      throw error
    }
  }

  const create = async (
    name: string,
    options: { readonly artifactLocation?: string; readonly tags?: Readonly<Record<string, string>> } = {},
  ): Promise<string> => {
    const reply = await transport.call({
      method: 'POST',
      path: `${api}/create`,
      body: { name, artifact_location: options.artifactLocation, tags: wirePairs(options.tags) },
      // A second creation would be refused because of the first.
      canRepeat: false,
    })
    return z.object({ experiment_id: z.string() }).parse(reply).experiment_id
  }

  const change = async (path: string, body: Readonly<Record<string, unknown>>) => {
    await transport.call({ method: 'POST', path: `${api}/${path}`, body })
  }

  return {
    get,
    /** Undefined where there is none of this name; deleted ones keep theirs. */
    findByName,
    /** Creates an experiment and gives its id; refused with `RESOURCE_ALREADY_EXISTS` where the name is taken. */
    create,
    /** The experiment of this name, made where it is missing, also when several programs ask at once. */
    async ensure(name: string): Promise<Experiment> {
      const found = await findByName(name)
      if (found !== undefined) return found
      try {
        return await get(await create(name))
      } catch (error) {
        const other = isMlflowError(error, 'RESOURCE_ALREADY_EXISTS') ? await findByName(name) : undefined
        if (other !== undefined) return other
        throw error
      }
    },
    /** Every experiment that matches, page by page. */
    search(search: ExperimentSearch = {}): AsyncGenerator<Experiment, void, undefined> {
      return everyItem(async (token) =>
        ExperimentPage.parse(
          await transport.call({
            method: 'POST',
            path: `${api}/search`,
            body: {
              filter: search.filter,
              order_by: search.orderBy,
              view_type: search.viewType ?? 'ACTIVE_ONLY',
              max_results: search.pageSize ?? 1000,
              page_token: token,
            },
          }),
        ),
      )
    },
    rename: (experimentId: string, name: string) => change('update', { experiment_id: experimentId, new_name: name }),
    delete: (experimentId: string) => change('delete', { experiment_id: experimentId }),
    restore: (experimentId: string) => change('restore', { experiment_id: experimentId }),
    setTag: (experimentId: string, key: string, value: string) =>
      change('set-experiment-tag', { experiment_id: experimentId, key, value }),
  }
}
