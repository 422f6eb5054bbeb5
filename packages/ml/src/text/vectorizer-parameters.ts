import { MlError } from '../ml-error.js'
import { type ParameterTable, parameter } from '../parameters/parameter-spec.js'
import type { TermSettings } from './count-terms.js'
import type { StopWordList } from './stop-words.js'

/** Parameters of every text vector, with scikit-learn's meaning. */
export interface TermParameters {
  readonly analyzer: 'word' | 'char' | 'char_wb'
  readonly ngramRange: readonly number[]
  readonly lowercase: boolean
  readonly stripAccents: 'unicode' | null
  readonly stopWords: StopWordList | null
  readonly minTokenLength: number
}

/** Parameters of text vectors with a vocabulary. */
export interface VocabularyParameters extends TermParameters {
  readonly minDf: number
  readonly maxDf: number | null
  readonly maxFeatures: number | null
  readonly binary: boolean
}

export const termParameters: ParameterTable<TermParameters> = {
  analyzer: parameter('choice', {
    name: 'analyzer',
    sklearnName: 'analyzer',
    default: 'word',
    choices: ['word', 'char', 'char_wb'],
    description: {
      en: 'Terms of words, of characters, or of characters within words',
      fr: 'Termes de mots, de caractères, ou de caractères à l’intérieur des mots',
    },
  }),
  ngramRange: parameter('integers', {
    name: 'ngramRange',
    sklearnName: 'ngram_range',
    default: [1, 1],
    min: 1,
    max: 10,
    description: {
      en: 'Fewest and most words or characters of a term',
      fr: 'Nombres minimal et maximal de mots ou de caractères d’un terme',
    },
  }),
  lowercase: parameter('boolean', {
    name: 'lowercase',
    sklearnName: 'lowercase',
    default: true,
    description: { en: 'Whether case is of no account', fr: 'Si la casse est ignorée' },
  }),
  stripAccents: parameter('choice', {
    name: 'stripAccents',
    sklearnName: 'strip_accents',
    default: null,
    nullable: true,
    choices: ['unicode'],
    description: { en: 'Whether accents are of no account', fr: 'Si les accents sont ignorés' },
  }),
  stopWords: parameter('choice', {
    name: 'stopWords',
    sklearnName: 'stop_words',
    default: null,
    nullable: true,
    choices: ['english', 'french', 'english_french'],
    description: { en: 'Frequent words that are left out', fr: 'Mots fréquents laissés de côté' },
  }),
  minTokenLength: parameter('integer', {
    name: 'minTokenLength',
    sklearnName: 'min_token_length',
    default: 2,
    min: 1,
    max: 20,
    description: {
      en: 'Fewest characters of a word that counts',
      fr: 'Nombre minimal de caractères d’un mot pris en compte',
    },
  }),
}

export const vocabularyParameters: ParameterTable<VocabularyParameters> = {
  ...termParameters,
  minDf: parameter('count_or_share', {
    name: 'minDf',
    sklearnName: 'min_df',
    default: 1,
    min: 1,
    description: {
      en: 'Fewest rows that have a term, or their share',
      fr: 'Nombre minimal de lignes qui ont un terme, ou leur part',
    },
  }),
  maxDf: parameter('count_or_share', {
    name: 'maxDf',
    sklearnName: 'max_df',
    default: null,
    nullable: true,
    min: 1,
    description: {
      en: 'Most rows that have a term, or their share',
      fr: 'Nombre maximal de lignes qui ont un terme, ou leur part',
    },
  }),
  maxFeatures: parameter('integer', {
    name: 'maxFeatures',
    sklearnName: 'max_features',
    default: null,
    nullable: true,
    min: 1,
    description: {
      en: 'Number of terms kept, the most frequent ones',
      fr: 'Nombre de termes gardés, les plus fréquents',
    },
  }),
  binary: parameter('boolean', {
    name: 'binary',
    sklearnName: 'binary',
    default: false,
    description: { en: 'Whether a term counts once in a text', fr: 'Si un terme compte une fois par texte' },
  }),
}

/**
 * The parameters as counting needs them.
 * @throws MlError `invalid_parameter` unless the range is two numbers, ascending
 */
export function termSettings(parameters: TermParameters): TermSettings {
  const [nMin, nMax, ...more] = parameters.ngramRange
  if (nMin === undefined || nMax === undefined || more.length > 0 || nMin > nMax) {
    throw new MlError(
      'invalid_parameter',
      `ngram_range is (${parameters.ngramRange.join(', ')}): give the fewest and the most, as (1, 2)`,
      { value: parameters.ngramRange },
    )
  }
  return {
    analyzer: parameters.analyzer,
    nMin,
    nMax,
    lowercase: parameters.lowercase,
    stripAccents: parameters.stripAccents === 'unicode',
    stopWords: parameters.stopWords,
    minTokenLength: parameters.minTokenLength,
  }
}
