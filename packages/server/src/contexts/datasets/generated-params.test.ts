import type { GenerateRequest, Json } from '@fabrique/contract'
import { describe, expect, test } from 'vitest'
import { generatedSource } from './generated-params.js'
import type { SyntheticSource } from './sources/synthetic-params.js'

const source = (
  generator: SyntheticSource['generator'],
  params: Readonly<Record<string, Json>> = {},
): SyntheticSource => ({ kind: 'synthetic', generator, rows: 100, seed: 7, params })

const paramsOf = (declared: SyntheticSource, request: GenerateRequest) => generatedSource(declared, request).params

test('what is not wished for is as declared', () => {
  const declared = source('classification', { n_features: 6, weights: [0.9, 0.1] })
  expect(generatedSource(declared, {})).toEqual(declared)
  expect(generatedSource(declared, { rows: 5, seed: 9 })).toEqual({ ...declared, rows: 5, seed: 9 })
})

test.each<[SyntheticSource, GenerateRequest, object]>([
  [source('classification', { n_features: 6 }), { noise: 0.3 }, { n_features: 6, flip_y: 0.3 }],
  [source('classification', { n_features: 6, shift: 2 }), { drift: -0.5 }, { n_features: 6, shift: 1.5 }],
  [source('classification'), { features: 8 }, { n_features: 8 }],
  [source('regression', { bias: 3 }), { noise: 4, drift: 1, features: 12 }, { bias: 4, noise: 4, n_features: 12 }],
  [source('blobs', { centers: 3 }), { classes: 5, noise: 2 }, { centers: 5, cluster_std: 2 }],
  [source('time_series'), { noise: 2, drift: 5 }, { noise: 2, drift_mean: 5, drift_at: 0.5 }],
  [source('time_series', { drift_at: 0.8, drift_mean: 1 }), { drift: 5 }, { drift_at: 0.8, drift_mean: 6 }],
])('%j with %j', (declared, request, params) => {
  expect(paramsOf(declared, request)).toEqual(params)
})

test('more classes have room for their clusters, and the shares of other classes are dropped', () => {
  const declared = source('classification', { n_features: 9, weights: [0.9, 0.1] })
  // Two clusters for each of five classes need the corners of a cube of four dimensions.
  expect(paramsOf(declared, { classes: 5 })).toEqual({ n_features: 9, n_classes: 5, n_informative: 4 })
  expect(paramsOf(declared, { classes: 2 })).toMatchObject({ n_classes: 2, n_informative: 2, weights: [0.9, 0.1] })
})

describe('what cannot be is refused by its name', () => {
  test.each<[SyntheticSource, GenerateRequest, string]>([
    [source('classification'), { noise: 1.5 }, 'noise'],
    [source('classification', { n_informative: 4 }), { features: 3 }, 'features'],
    [source('classification', { n_features: 4 }), { classes: 100 }, 'features'],
    [source('regression'), { classes: 3 }, 'classes'],
    [source('blobs'), { drift: 1 }, 'drift'],
    [source('time_series'), { features: 3 }, 'features'],
  ])('%j with %j', (declared, request, field) => {
    expect(() => generatedSource(declared, request)).toThrowError(
      expect.objectContaining({ code: 'invalid_request', field, params: expect.objectContaining({ field }) }),
    )
  })

  test('and what the declaration itself has wrong under its own', () => {
    expect(() => generatedSource(source('classification', { n_clusters_per_class: 0 }), { rows: 3 })).toThrowError(
      expect.objectContaining({ code: 'source_options_invalid' }),
    )
  })
})
