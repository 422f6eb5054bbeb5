import type { RegisteredModel } from '@fabrique/contract'

type Searched = Pick<RegisteredModel, 'name' | 'description' | 'aliases' | 'tags'>

/**
 * Whether a model matches every word of a filter: `@champion` is an alias, `team:vision` or `team=vision` a tag,
 * anything else a part of the name, of the description, or the key of a tag.
 */
export function matchesModel(model: Searched, filter: string): boolean {
  const words = filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  return words.every((word) => matchesWord(model, word))
}

function matchesWord({ name, description, aliases, tags }: Searched, word: string): boolean {
  const has = (text: string, part: string) => text.toLowerCase().includes(part)
  if (word.startsWith('@')) return Object.keys(aliases).some((alias) => has(alias, word.slice(1)))
  const [, key, value = ''] = /^([^:=]+)[:=](.*)$/.exec(word) ?? []
  const entries = Object.entries(tags)
  if (key !== undefined && entries.some(([tag, text]) => tag.toLowerCase() === key && has(text, value))) return true
  return has(name, word) || has(description, word) || entries.some(([tag]) => has(tag, word))
}
