import { classLabels } from '../data/class-labels.js'
import { itemAt } from '../data/element.js'
import { textColumn } from '../data/table.js'
import { sgdClassifier } from '../linear/sgd-classifier.js'
import { rocAuc } from '../metrics/ranking.js'
import { MlError } from '../ml-error.js'
import { isSparse } from '../pipeline/flow.js'
import { createRandom } from '../random/create-random.js'
import { tfidfVectorizer } from '../text/tfidf-vectorizer.js'
import { type TextSample, textsMin } from './model.js'

/** What a classifier that tells the current texts from those of the reference reaches on the half it has not seen. */
export interface TextDrift {
  /** Area under the ROC curve: 0.5 where they cannot be told apart. */
  readonly auc: number
  /** Standard deviation of the area with nothing changed. */
  readonly deviation: number
}

/**
 * Tells texts apart as Evidently does: terms by TF-IDF (logarithmic counts, none that half of all texts have, no English stop words) and a linear
 * classifier by stochastic descent, on two random halves. The order of rows is ours, so the last digits are not those of scikit-learn.
 * Undefined where there are too few texts, or no terms in them.
 */
export async function textDrift(
  reference: TextSample,
  current: TextSample,
  signal?: AbortSignal,
): Promise<TextDrift | undefined> {
  const [n, m] = [reference.texts.length, current.texts.length]
  if (n < textsMin || m < textsMin) return undefined
  const order = Array.from({ length: n + m }, (_, index) => index)
  createRandom(42).shuffle(order)
  const half = Math.floor(order.length / 2)
  const [train, test] = [order.slice(0, half), order.slice(half)]
  const textAt = (row: number) => (row < n ? itemAt(reference.texts, row) : itemAt(current.texts, row - n))
  const column = (rows: readonly number[]) => [textColumn('text', rows.map(textAt))]
  const isCurrent = (rows: readonly number[]) => Int32Array.from(rows, (row) => (row < n ? 0 : 1))
  const target = classLabels(isCurrent(train), ['reference', 'current'])
  const run = signal === undefined ? {} : { signal }
  const parameters = { sublinear_tf: true, max_df: 0.5, stop_words: 'english' }
  const fitted = await tfidfVectorizer
    .fit({ ...run, input: column(train), target: null, parameters })
    .catch((error: unknown) => {
      signal?.throwIfAborted()
      if (error instanceof MlError) return undefined
      throw error
    })
  if (fitted === undefined) return undefined
  const features = tfidfVectorizer.transform(fitted, column(train))
  const unseen = tfidfVectorizer.transform(fitted, column(test))
  if (!isSparse(features) || !isSparse(unseen)) return undefined
  const model = await sgdClassifier.fit({
    ...run,
    features,
    target: { kind: 'classes', labels: target },
    parameters: { loss: 'modified_huber', penalty: 'l1', alpha: 1e-4, max_iter: 50, seed: 42 },
  })
  const probabilities = sgdClassifier.predict(model, unseen).probabilities?.[1]
  const truth = isCurrent(test)
  const positive = truth.reduce((sum, own) => sum + own, 0)
  const negative = truth.length - positive
  if (probabilities === undefined || positive === 0 || negative === 0) return undefined
  const auc = rocAuc(Uint8Array.from(truth), probabilities)
  return { auc, deviation: Math.sqrt((positive + negative + 1) / (12 * positive * negative)) }
}
