/**
 * What an embedding is made of: columns of numbers; one column of lists; or a pattern, as `v*`, where the star stands for a whole number.
 */
export type EmbeddingColumns<Column extends string> = Column | readonly Column[] | `${string}*${string}`

/** Columns that are one vector, and how its sides are compared. */
export interface EmbeddingOptions<Column extends string> {
  readonly columns: EmbeddingColumns<Column>
  /** Whether a classifier tells the sides apart, the distance of the means, maximum mean discrepancy, or the share of components that drift. */
  readonly method?: 'model' | 'distance' | 'mmd' | 'ratio'
}

type Given = EmbeddingColumns<string> | (EmbeddingOptions<string> & { readonly threshold?: number })

/** The same as data: columns, methods and thresholds each by the name of the embedding. */
export function plainEmbeddings(given: Readonly<Record<string, Given>> = {}) {
  const embeddings: Record<string, string | string[]> = {}
  const methods: Record<string, string> = {}
  const thresholds: Record<string, number> = {}
  for (const [name, of] of Object.entries(given)) {
    const { columns, method, threshold } = isOptions(of) ? of : { columns: of, method: undefined, threshold: undefined }
    embeddings[name] = typeof columns === 'string' ? columns : [...columns]
    if (method !== undefined) methods[name] = method
    if (threshold !== undefined) thresholds[name] = threshold
  }
  return { embeddings, methods, thresholds }
}

const isOptions = (given: Given): given is Exclude<Given, EmbeddingColumns<string>> =>
  typeof given === 'object' && !Array.isArray(given)
