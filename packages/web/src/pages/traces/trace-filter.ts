import type { TracesSearch } from '../../routing/search.js'

/** What looks like an expression of the filter language is sent as it is. */
const expression = /!=|>=|<=|=|>|<|\b[ir]?like\s+['"]|\bin\s*\(|\bis\s+(?:not\s+)?null\b/i

/** The filter that the search of the page means. Plain words are looked for in names and in what spans hold. */
export function traceFilter({ filter = '', run, state }: Pick<TracesSearch, 'filter' | 'run' | 'state'>): string {
  const words = filter.trim()
  const terms = [
    ...(run === undefined ? [] : [`run_id = ${quoted(run)}`]),
    ...(state === undefined ? [] : [`status = ${quoted(state)}`]),
    ...(words === '' ? [] : [expression.test(words) ? `(${words})` : textTerm(words)]),
  ]
  return terms.join(' and ')
}

function textTerm(words: string): string {
  const pattern = quoted(`%${words}%`)
  return `(name ilike ${pattern} or trace.text ilike ${pattern})`
}

/** A text of the filter language, which cannot hold both kinds of quotes. */
function quoted(text: string): string {
  return text.includes("'") ? `"${text.replaceAll('"', '')}"` : `'${text}'`
}
