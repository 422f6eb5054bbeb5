import { dateParts } from '../preprocessing/date-parts.js'
import { kBinsDiscretizer } from '../preprocessing/k-bins-discretizer.js'
import { minMaxScaler } from '../preprocessing/min-max-scaler.js'
import { oneHotEncoder } from '../preprocessing/one-hot-encoder.js'
import { ordinalEncoder } from '../preprocessing/ordinal-encoder.js'
import { polynomialFeatures } from '../preprocessing/polynomial-features.js'
import { powerTransformer } from '../preprocessing/power-transformer.js'
import { quantileTransformer } from '../preprocessing/quantile-transformer.js'
import { robustScaler } from '../preprocessing/robust-scaler.js'
import { selectKBest } from '../preprocessing/select-k-best.js'
import { simpleImputer } from '../preprocessing/simple-imputer.js'
import { standardScaler } from '../preprocessing/standard-scaler.js'
import { targetEncoder } from '../preprocessing/target-encoder.js'
import { truncatedSvd } from '../preprocessing/truncated-svd.js'
import { varianceThreshold } from '../preprocessing/variance-threshold.js'
import { countVectorizer } from '../text/count-vectorizer.js'
import { hashingVectorizer } from '../text/hashing-vectorizer.js'
import { tfidfVectorizer } from '../text/tfidf-vectorizer.js'
import type { Transformer } from './pipeline.js'

/** Every transformer, in the order in which a list shows them. */
export const transformers: readonly Transformer[] = [
  simpleImputer,
  standardScaler,
  minMaxScaler,
  robustScaler,
  powerTransformer,
  quantileTransformer,
  kBinsDiscretizer,
  polynomialFeatures,
  oneHotEncoder,
  ordinalEncoder,
  targetEncoder,
  dateParts,
  countVectorizer,
  tfidfVectorizer,
  hashingVectorizer,
  truncatedSvd,
  varianceThreshold,
  selectKBest,
]

const byKind = new Map(transformers.map((transformer) => [transformer.kind, transformer]))

/** The transformer of a kind; undefined where there is none. */
export function transformerOf(kind: string): Transformer | undefined {
  return byKind.get(kind)
}
