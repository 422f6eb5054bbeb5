import { FabriqueError, type GenerateRequest, isFabriqueError, type Json } from '@fabrique/contract'
import { syntheticGenerator } from './sources/synthetic-generators.js'
import type { SyntheticSource } from './sources/synthetic-params.js'

type Wish = 'classes' | 'features' | 'noise' | 'drift'
type Params = Readonly<Record<string, Json>>

/** The parameter that each wish is, by generator; a generator knows no other wishes. */
const parameters: Readonly<Record<SyntheticSource['generator'], Partial<Record<Wish, string>>>> = {
  classification: { classes: 'n_classes', features: 'n_features', noise: 'flip_y', drift: 'shift' },
  regression: { features: 'n_features', noise: 'noise', drift: 'bias' },
  blobs: { classes: 'centers', features: 'n_features', noise: 'cluster_std' },
  time_series: { noise: 'noise', drift: 'drift_mean' },
}

/**
 * A synthetic source with what someone wishes in place of what it declares. Throws `invalid_request` that names the wish that cannot be.
 */
export function generatedSource(declared: SyntheticSource, request: GenerateRequest): SyntheticSource {
  const { rows = declared.rows, seed = declared.seed } = request
  const known = parameters[declared.generator]
  const params: Record<string, Json> = { ...declared.params }
  for (const wish of ['classes', 'features', 'noise', 'drift'] as const) {
    const value = request[wish]
    const name = known[wish]
    if (value === undefined) continue
    if (name === undefined) throw refused(wish, `rows of the kind ${declared.generator} have no ${wish}`)
    // A drift is beyond what the declared rows have.
    params[name] = wish === 'drift' ? numberOf(declared.params, name, 0) + value : value
  }
  if (declared.generator === 'time_series' && request.drift !== undefined) params.drift_at ??= 0.5
  const source = { ...declared, rows, seed, params: fitting(declared, params) }
  check(source, known)
  return source
}

function numberOf(params: Params, name: string, otherwise: number): number {
  const value = params[name]
  return typeof value === 'number' ? value : otherwise
}

/** What depends on the number of classes follows it: more corners for their clusters, and no shares of other classes. */
function fitting({ generator, params: declared }: SyntheticSource, params: Params): Params {
  if (generator !== 'classification' || params.n_classes === undefined) return params
  const clusters = numberOf(params, 'n_classes', 2) * numberOf(params, 'n_clusters_per_class', 2)
  const informative = Math.max(numberOf(params, 'n_informative', 2), Math.ceil(Math.log2(clusters)))
  const { weights, ...others } = params
  const isSame = numberOf(declared, 'n_classes', 2) === params.n_classes
  return { ...others, n_informative: informative, ...(isSame && weights !== undefined ? { weights } : {}) }
}

/** The parameters are looked at before a job is asked for. */
function check(source: SyntheticSource, known: Partial<Record<Wish, string>>): void {
  try {
    syntheticGenerator(source)
  } catch (error) {
    if (!isFabriqueError(error) || error.code !== 'source_options_invalid') throw error
    const { field, reason } = error.params
    const name = String(field).replace(/^params\./, '')
    const wish = Object.entries(known).find(([, parameter]) => parameter === name)?.[0]
    throw wish === undefined ? error : refused(wish, String(reason), error)
  }
}

function refused(wish: string, reason: string, cause?: unknown): FabriqueError {
  return new FabriqueError('invalid_request', { field: wish, reason }, { field: wish, cause })
}
