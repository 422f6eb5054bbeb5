import type { MonitorDefinition } from '@fabrique/contract'

type Embeddings = NonNullable<MonitorDefinition['embeddings']>

/** Embeddings as they are typed, one on each line: a name, an equals sign, columns with commas between. */
export function embeddingsText({ embeddings = {} }: Pick<MonitorDefinition, 'embeddings'>): string {
  return Object.entries(embeddings)
    .map(([name, of]) => `${name} = ${typeof of === 'string' ? of : of.join(', ')}`)
    .join('\n')
}

/**
 * What was typed; undefined where a line is none, or a name comes twice. Names of columns may hold commas: those that were not touched are not
 * taken apart.
 */
export function readEmbeddings(text: string, before: MonitorDefinition | undefined): Embeddings | undefined {
  if (before !== undefined && text === embeddingsText(before)) return before.embeddings ?? {}
  const found: Embeddings = {}
  for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
    const at = line.indexOf('=')
    const name = line.slice(0, Math.max(0, at)).trim()
    const columns = line
      .slice(at + 1)
      .split(',')
      .map((column) => column.trim())
    const [first = ''] = columns
    if (name === '' || columns.includes('') || Object.hasOwn(found, name)) return undefined
    found[name] = columns.length === 1 ? first : columns
  }
  return found
}
