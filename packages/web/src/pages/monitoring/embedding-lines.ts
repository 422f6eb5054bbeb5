import type { MonitorDefinition } from '@fabrique/contract'

type Embeddings = NonNullable<MonitorDefinition['embeddings']>

/** Embeddings as they are typed, one on each line: a name, an equals sign, columns with commas between. */
export function embeddingsText({ embeddings = {} }: Pick<MonitorDefinition, 'embeddings'>): string {
  return Object.entries(embeddings).map(lineOf).join('\n')
}

const lineOf = ([name, of]: readonly [string, Embeddings[string]]) =>
  `${name} = ${typeof of === 'string' ? of : of.join(', ')}`

/**
 * What was typed; undefined where a line is none, or a name comes twice. Names of columns may hold commas: a line that was not touched stays what
 * it was.
 */
export function readEmbeddings(text: string, before: MonitorDefinition | undefined): Embeddings | undefined {
  // Names of columns may hold ends of lines as well.
  if (before !== undefined && text === embeddingsText(before)) return before.embeddings ?? {}
  const kept = new Map(Object.entries(before?.embeddings ?? {}).map((one) => [lineOf(one).trim(), one]))
  const found: Embeddings = {}
  for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
    const entry = kept.get(line.trim()) ?? readLine(line)
    if (entry === undefined || Object.hasOwn(found, entry[0])) return undefined
    found[entry[0]] = entry[1]
  }
  return found
}

function readLine(line: string): readonly [string, Embeddings[string]] | undefined {
  const at = line.indexOf('=')
  const name = line.slice(0, Math.max(0, at)).trim()
  const columns = line
    .slice(at + 1)
    .split(',')
    .map((column) => column.trim())
  const [first = ''] = columns
  return name === '' || columns.includes('') ? undefined : [name, columns.length === 1 ? first : columns]
}
