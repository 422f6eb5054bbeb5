/**
 * What may stand after the `?` of each page. The address is the view: a reader takes any text, keeps what it knows,
 * and drops the rest. `undefined` is the default and is left out of the address.
 */
type Raw = Readonly<Record<string, unknown>>

const text = (raw: Raw, key: string): string | undefined => {
  const value = raw[key]
  return typeof value === 'string' && value !== '' ? value : undefined
}

const oneOf = <Value extends string>(raw: Raw, key: string, values: readonly Value[]): Value | undefined =>
  values.find((value) => value === raw[key])

/** Leaves out what is undefined, so that an address has no empty parts. */
function defined<Value extends object>(value: Value): { [Key in keyof Value]?: Exclude<Value[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as never
}

/** `columns` are ids joined by commas; `sort` is an id, with `-` in front when it descends. */
export const runsSearch = (raw: Raw) =>
  defined({ columns: text(raw, 'columns'), sort: text(raw, 'sort'), filter: text(raw, 'filter') })
export type RunsSearch = ReturnType<typeof runsSearch>

export const metricsSearch = (raw: Raw) => defined({ metric: text(raw, 'metric') })

export const artifactsSearch = (raw: Raw) => defined({ path: text(raw, 'path') })

export const datasetTabs = ['checks', 'rows', 'schema', 'snapshots'] as const
export type DatasetTab = (typeof datasetTabs)[number]
export const datasetSearch = (raw: Raw) =>
  defined({ tab: oneOf(raw, 'tab', datasetTabs), snapshot: text(raw, 'snapshot') })

export const tryTabs = ['form', 'json', 'code'] as const
export type TryTab = (typeof tryTabs)[number]
/** `input` is the row that the form holds, as JSON of name and value. */
export const trySearch = (raw: Raw) => defined({ tab: oneOf(raw, 'tab', tryTabs), input: text(raw, 'input') })

/** Reads `sort` of the address. */
export function readSort(sort: string | undefined): { readonly id: string; readonly desc: boolean } | undefined {
  if (sort === undefined) return undefined
  return sort.startsWith('-') ? { id: sort.slice(1), desc: true } : { id: sort, desc: false }
}

export function writeSort(sort: { readonly id: string; readonly desc: boolean } | undefined): string | undefined {
  return sort === undefined ? undefined : `${sort.desc ? '-' : ''}${sort.id}`
}

/** Ids may hold commas, as metrics may: those are escaped. */
export const writeList = (ids: readonly string[]): string =>
  ids.map((id) => id.replaceAll('~', '~0').replaceAll(',', '~1')).join(',')
export const readList = (list: string): readonly string[] =>
  list
    .split(',')
    .filter((id) => id !== '')
    .map((id) => id.replaceAll('~1', ',').replaceAll('~0', '~'))
