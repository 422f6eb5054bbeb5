import { setImmediate as nextTurn } from 'node:timers/promises'
import { float64At } from '../data/element.js'
import { assertNotAborted } from '../estimators/assert-not-aborted.js'
import { MlError } from '../ml-error.js'
import { parameter, seedParameter } from '../parameters/parameter-spec.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { flowRows } from '../pipeline/flow.js'
import type { Flow, Transformer, TransformerInput } from '../pipeline/pipeline.js'
import { createRandom } from '../random/create-random.js'
import { deriveSeed } from '../random/derive-seed.js'
import { addChoice, type FittedChoice, transformChoice } from './feature-choice.js'
import { chiSquared, fClassif, fRegression } from './feature-scores.js'
import { type FeatureValues, featureValues, spreadFeature } from './feature-values.js'
import { informationOfClass, informationOfNumber, scaledWithNoise } from './mutual-information.js'

type ScoreName = 'f_classif' | 'f_regression' | 'chi2' | 'mutual_info_classif' | 'mutual_info_regression'

export interface SelectKBestParameters {
  readonly scoreFunc: ScoreName | null
  readonly k: number | 'all'
  readonly seed: number
}

export interface FittedSelection extends FittedChoice {
  /** Of every feature that came in. */
  readonly scores: Float64Array
}

/** Values after which other work of the thread has its turn. */
const breathEvery = 2_000_000

/** Keeps the features that tell most of the target. Throws MlError `invalid_pipeline`, `negative_value` (chi2) or `training_aborted`. */
export const selectKBest: Transformer<FittedSelection, SelectKBestParameters> = {
  kind: 'select_k_best',
  sklearnName: 'SelectKBest',
  takes: ['number', 'dense', 'sparse'],
  parameters: {
    scoreFunc: parameter('choice', {
      name: 'scoreFunc',
      sklearnName: 'score_func',
      default: null,
      nullable: true,
      choices: ['f_classif', 'f_regression', 'chi2', 'mutual_info_classif', 'mutual_info_regression'],
      description: {
        en: 'What a feature is judged by; null takes the F test that suits the target',
        fr: 'Ce qui juge une variable ; null prend le test F qui convient à la cible',
      },
    }),
    k: parameter('integer', {
      name: 'k',
      sklearnName: 'k',
      default: 10,
      min: 1,
      choices: ['all'],
      description: { en: 'How many features stay', fr: 'Combien de variables restent' },
    }),
    seed: seedParameter,
  },
  async fit(input) {
    const resolved = resolveParameters<SelectKBestParameters>(selectKBest.parameters, input.parameters ?? {})
    const scores = await scoresOf(input, resolved)
    // What has no score, such as a constant, comes last; among equals the later feature stays, as in scikit-learn.
    const ranked = Float64Array.from(scores, (score) => (Number.isNaN(score) ? -Infinity : score))
    const ascending = [...ranked.keys()].sort((a, b) => float64At(ranked, a) - float64At(ranked, b) || a - b)
    const kept = resolved.k === 'all' ? ascending : ascending.slice(-resolved.k)
    return { kind: 'select_k_best', chosen: Int32Array.from(kept).sort(), scores }
  },
  transform: transformChoice,
  addToGraph: addChoice,
}

async function scoresOf(
  { input, target, signal }: TransformerInput<Flow>,
  parameters: SelectKBestParameters,
): Promise<Float64Array> {
  const rowCount = flowRows(input)
  const score = scorer(target, parameters, rowCount)
  const features = featureValues(input, 'select_k_best')
  const scores = new Float64Array(features.length)
  const breath = Math.max(1, Math.floor(breathEvery / rowCount / (parameters.scoreFunc?.startsWith('mutual') ? 20 : 1)))
  for (const [index, feature] of features.entries()) {
    if (index % breath === 0) {
      await nextTurn()
      assertNotAborted(signal)
    }
    scores[index] = score(feature, index)
  }
  return scores
}

/** The score of a feature. Throws MlError `invalid_pipeline` where the target is of the other kind. */
function scorer(
  target: TransformerInput<Flow>['target'],
  { scoreFunc, seed }: SelectKBestParameters,
  rowCount: number,
): (feature: FeatureValues, index: number) => number {
  const name = scoreFunc ?? (target?.kind === 'values' ? 'f_regression' : 'f_classif')
  const scaled = (feature: FeatureValues, index: number) =>
    scaledWithNoise(spreadFeature(feature, rowCount), createRandom(deriveSeed(seed, index + 1)))
  if (target?.kind === 'classes') {
    const { codes, classes } = target.labels
    if (name === 'f_classif') return (feature) => fClassif(feature, codes, classes.length)
    if (name === 'chi2') return (feature) => chiSquared(feature, codes, classes.length)
    if (name === 'mutual_info_classif')
      return (feature, index) => informationOfClass(scaled(feature, index), codes, classes.length)
  }
  if (target?.kind === 'values') {
    const { values } = target
    if (name === 'f_regression') return (feature) => fRegression(feature, values)
    if (name === 'mutual_info_regression') {
      const noisy = scaledWithNoise(values, createRandom(deriveSeed(seed, 0)))
      return (feature, index) => informationOfNumber(scaled(feature, index), noisy)
    }
  }
  throw new MlError(
    'invalid_pipeline',
    `select_k_best cannot judge by ${name} with this target: choose another score_func`,
    {
      value: name,
    },
  )
}
