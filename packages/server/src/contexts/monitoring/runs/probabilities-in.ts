const prefix = 'probability_'

/** Columns of probabilities as the log and batches name them, by class. */
export function probabilitiesIn(columns: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const found = [...columns].filter(([asked]) => asked.startsWith(prefix))
  return new Map(found.map(([asked, name]) => [asked.slice(prefix.length), name]))
}
