import { type ParameterTable, parameter } from '../parameters/parameter-spec.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import type { Flow, Transformer, TransformerInput } from '../pipeline/pipeline.js'
import { termSettings, type VocabularyParameters, vocabularyParameters } from './vectorizer-parameters.js'
import {
  addVectorizer,
  type FittedVectorizer,
  fitVectorizer,
  inverseFrequencies,
  transformVectorizer,
} from './vocabulary-vectorizer.js'

export interface TfidfParameters extends VocabularyParameters {
  readonly norm: 'l1' | 'l2' | null
  readonly useIdf: boolean
  readonly smoothIdf: boolean
  readonly sublinearTf: boolean
}

const parameters: ParameterTable<TfidfParameters> = {
  ...vocabularyParameters,
  norm: parameter('choice', {
    name: 'norm',
    sklearnName: 'norm',
    default: 'l2',
    nullable: true,
    choices: ['l1', 'l2'],
    description: { en: 'What is made 1 in every row', fr: 'Ce qui est ramené à 1 dans chaque ligne' },
  }),
  useIdf: parameter('boolean', {
    name: 'useIdf',
    sklearnName: 'use_idf',
    default: true,
    description: { en: 'Whether rare terms weigh more', fr: 'Si les termes rares pèsent plus' },
  }),
  smoothIdf: parameter('boolean', {
    name: 'smoothIdf',
    sklearnName: 'smooth_idf',
    default: true,
    description: {
      en: 'Whether one more row with all terms is imagined',
      fr: 'Si une ligne de plus avec tous les termes est imaginée',
    },
  }),
  sublinearTf: parameter('boolean', {
    name: 'sublinearTf',
    sklearnName: 'sublinear_tf',
    default: false,
    description: {
      en: 'Whether a count becomes 1 + its logarithm',
      fr: 'Si un nombre d’occurrences devient 1 + son logarithme',
    },
  }),
}

/** Counts of terms, weighed by how rare each is. Throws MlError as `countVectorizer`. */
export const tfidfVectorizer: Transformer<FittedVectorizer, TfidfParameters> = {
  kind: 'tfidf_vectorizer',
  sklearnName: 'TfidfVectorizer',
  takes: ['text'],
  parameters,
  async fit(input) {
    return (await fitTfidf(input)).fitted
  },
  fitTransform: fitTfidf,
  transform: transformVectorizer,
  addToGraph: addVectorizer,
}

function fitTfidf(input: TransformerInput<Flow>) {
  const resolved = resolveParameters<TfidfParameters>(parameters, input.parameters ?? {})
  const { binary, sublinearTf, norm, useIdf, smoothIdf } = resolved
  return fitVectorizer(input, {
    kind: 'tfidf_vectorizer',
    settings: termSettings(resolved),
    limits: resolved,
    weightingOf: (rowsOfTerm, rowCount) => ({
      binary,
      sublinearTf,
      norm,
      idf: useIdf ? inverseFrequencies(rowsOfTerm, rowCount, smoothIdf) : null,
    }),
  })
}
