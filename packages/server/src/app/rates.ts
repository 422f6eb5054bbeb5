import { type ModelDefinition, type ProjectDefinition, parseRate, type Rate } from '@fabrique/contract'
import type { Clock } from '../kernel/index.js'
import {
  type Db,
  type Log,
  openRedisRateStore,
  postgresRateStore,
  type RateRules,
  type RateStore,
  sharedRateStore,
} from '../platform/index.js'
import type { Config } from './config/index.js'

export interface OpenRatesOptions {
  readonly config: Pick<Config, 'online' | 'rate_predict' | 'rate_api' | 'rate_routes'>
  readonly db: Db
  readonly clock: Clock
  readonly log: Log
  /** The model that answers where a request names none; throws where there is none. */
  readonly defaultModel: () => string
}

/** The rates of a server: what is limited, and where it is counted. */
export interface Rates {
  readonly store: RateStore
  readonly rules: RateRules
  /** Takes the rates that projects declare for their models. */
  setProjects(definitions: readonly ProjectDefinition[]): void
}

/** Counted in Redis where features are kept there, else in the database: other servers count in the same place. */
export async function openRates({ config, db, clock, log, defaultModel }: OpenRatesOptions): Promise<Rates> {
  const online = config.online?.reveal()
  const store = online === undefined ? postgresRateStore(db) : await openRedisRateStore(online)
  let ofModels: ReadonlyMap<string, Rate> = new Map()
  const nameOf = (model: string | undefined) => {
    if (model === undefined) return defaultModel()
    // `name@alias`, unless that is a model's very name.
    return ofModels.has(model) ? model : (model.split('@')[0] ?? model)
  }
  const modelRate: RateRules['modelRate'] = (named) => {
    if (ofModels.size === 0) return undefined
    const model = nameOrNone(() => nameOf(named))
    const rate = model === undefined ? undefined : ofModels.get(model)
    return model === undefined || rate === undefined ? undefined : { model, rate }
  }
  return {
    store: sharedRateStore({ store, clock, log }),
    rules: {
      predict: parseRate(config.rate_predict ?? ''),
      api: parseRate(config.rate_api ?? ''),
      routes: routeRates(config.rate_routes),
      modelRate,
    },
    setProjects(definitions) {
      ofModels = new Map(definitions.flatMap(ratesOf))
    },
  }
}

/** The handler of the request says that there is no model, not the limit in front of it. */
function nameOrNone(name: () => string): string | undefined {
  try {
    return name()
  } catch {
    return undefined
  }
}

function ratesOf({ models, predict }: ProjectDefinition): readonly (readonly [string, Rate])[] {
  const ofModel = (model: ModelDefinition) => parseRate(model.predict?.rate_limit ?? predict?.rate_limit ?? '')
  return models.flatMap((model) => {
    const rate = ofModel(model)
    return rate === undefined ? [] : [[model.name, rate] as const]
  })
}

/** From texts as `POST /retrain=2/hour`, which the settings have checked. */
function routeRates(texts: readonly string[]): ReadonlyMap<string, Rate> {
  return new Map(
    texts.flatMap((text) => {
      const place = text.indexOf('=')
      const rate = parseRate(text.slice(place + 1))
      return rate === undefined ? [] : [[text.slice(0, place), rate] as const]
    }),
  )
}
