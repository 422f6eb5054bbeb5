import { useMemo } from 'react'
import { readStored, writeStored } from '../../app/preferences.js'
import type { RunsSearch } from '../../routing/search.js'
import { readList, writeList } from '../../routing/search-lists.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import { type ColumnSource, columnOf, defaultColumnIds, generalColumn, type RunColumn } from './run-columns.js'

const storageKey = (experiment: string) => `fabrique.columns.${experiment}`

export interface ColumnChoice {
  readonly shown: readonly RunColumn[]
  /** Ids of the address that no run has. */
  readonly unknown: readonly string[]
  readonly choose: (ids: readonly string[]) => void
}

/** The chosen columns: of the address, else those last chosen for the experiment, else the default. */
export function useColumnChoice(experiment: string, search: RunsSearch, source: ColumnSource): ColumnChoice {
  const changeSearch = useSearchChange()
  const { known, t } = source
  const inAddress = search.columns
  const { shown, unknown } = useMemo(() => {
    const stored = inAddress === undefined ? readStored(storageKey(experiment)) : undefined
    const list = inAddress ?? stored ?? undefined
    const wanted = list === undefined ? defaultColumnIds(known) : readList(list)
    const found = [...new Set(wanted)].map((id) => ({ id, column: columnOf(id, { known, t }) }))
    const columns = found.flatMap(({ column }) => (column === undefined ? [] : [column]))
    // The name always stays, as it leads to the run.
    const named = columns.some(({ id }) => id === 'name') ? columns : [generalColumn('name', t), ...columns]
    return {
      shown: named,
      unknown: inAddress === undefined ? [] : found.filter(({ column }) => column === undefined).map(({ id }) => id),
    }
  }, [experiment, inAddress, known, t])
  const choose = (ids: readonly string[]) => {
    const list = writeList(ids)
    writeStored(storageKey(experiment), list)
    changeSearch({ ...search, columns: list })
  }
  return { shown, unknown, choose }
}
