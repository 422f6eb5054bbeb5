import { resolveParameters } from '../parameters/resolve-parameters.js'
import type { Flow, Transformer, TransformerInput } from '../pipeline/pipeline.js'
import { termSettings, type VocabularyParameters, vocabularyParameters } from './vectorizer-parameters.js'
import { addVectorizer, type FittedVectorizer, fitVectorizer, transformVectorizer } from './vocabulary-vectorizer.js'

/** How often each term comes in a text. Throws MlError `empty_set`, `invalid_parameter`, `memory_limit` or `training_aborted`. */
export const countVectorizer: Transformer<FittedVectorizer, VocabularyParameters> = {
  kind: 'count_vectorizer',
  sklearnName: 'CountVectorizer',
  takes: ['text'],
  parameters: vocabularyParameters,
  async fit(input) {
    return (await fitCounts(input)).fitted
  },
  fitTransform: fitCounts,
  transform: transformVectorizer,
  addToGraph: addVectorizer,
}

function fitCounts(input: TransformerInput<Flow>) {
  const limits = resolveParameters<VocabularyParameters>(vocabularyParameters, input.parameters ?? {})
  const weighting = { binary: limits.binary, sublinearTf: false, idf: null, norm: null }
  return fitVectorizer(input, {
    kind: 'count_vectorizer',
    settings: termSettings(limits),
    limits,
    weightingOf: () => weighting,
  })
}
