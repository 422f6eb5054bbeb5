import { readStored, writeStored } from '../../app/preferences.js'
import { type RunsSearch, readList, writeList } from '../../routing/search.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import type { RunColumn } from './run-columns.js'

const storageKey = (project: string) => `fabrique.columns.${project}`

/** The chosen columns: of the address, else those last chosen for the project, else the default. */
export function useColumnChoice(
  project: string,
  search: RunsSearch,
  columns: readonly RunColumn[],
  defaults: readonly string[],
) {
  const changeSearch = useSearchChange()
  const inAddress = search.columns === undefined ? undefined : readList(search.columns)
  const stored = readStored(storageKey(project))
  const wanted = inAddress ?? (stored === null ? defaults : readList(stored))
  const known = new Set(columns.map(({ id }) => id))
  // The order is that of the columns, not of the choice; the name always stays, as it leads to the run.
  const shown = columns.filter(({ id }) => id === 'name' || wanted.includes(id))
  const choose = (ids: readonly string[]) => {
    const list = writeList(ids)
    writeStored(storageKey(project), list)
    changeSearch({ ...search, columns: list })
  }
  return { shown, unknown: inAddress?.filter((id) => !known.has(id)) ?? [], choose }
}
