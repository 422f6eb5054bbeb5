import type { ArtifactEntry, Run } from '@fabrique/contract'

/** What one run has of a field. `key` decides whether two differ; `text` or `number` is shown. */
export interface CompareCell {
  readonly key: string
  readonly kind: 'text' | 'number' | 'moment' | 'duration' | 'status' | 'file'
  readonly text: string
  readonly number?: number
}

export interface CompareRow {
  readonly id: string
  readonly label: string
  /** In the order of the runs; undefined where a run lacks it. */
  readonly cells: readonly (CompareCell | undefined)[]
  readonly differs: boolean
}

const natural = new Intl.Collator('en', { numeric: true })

const textCell = (text: string | undefined): CompareCell | undefined =>
  text === undefined ? undefined : { key: text, kind: 'text', text }

export function numberCell(value: number | string | undefined): CompareCell | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string') return textCell(value)
  return { key: String(value), kind: 'number', text: String(value), number: value }
}

/** A row differs where two runs do; a run that is gone says nothing, so it is left out of that. */
export function makeRow(id: string, label: string, cells: CompareRow['cells'], things: readonly unknown[]): CompareRow {
  const known = cells.filter((_, index) => things[index] !== undefined)
  return { id, label, cells, differs: new Set(known.map((cell) => cell?.key)).size > 1 }
}

type Runs = readonly (Run | undefined)[]

/** A row for each name that any of the runs has. */
function rowsOf(
  runs: Runs,
  names: (run: Run) => readonly string[],
  cell: (run: Run, name: string) => CompareCell | undefined,
) {
  const known = [...new Set(runs.flatMap((run) => (run === undefined ? [] : names(run))))].sort(natural.compare)
  return known.map((name) =>
    makeRow(
      name,
      name,
      runs.map((run) => (run === undefined ? undefined : cell(run, name))),
      runs,
    ),
  )
}

export const paramRows = (runs: Runs): readonly CompareRow[] =>
  rowsOf(
    runs,
    (run) => Object.keys(run.params),
    (run, name) => textCell(run.params[name]),
  )

export const metricRows = (runs: Runs): readonly CompareRow[] =>
  rowsOf(
    runs,
    (run) => Object.keys(run.metrics),
    (run, name) => numberCell(run.metrics[name]?.value),
  )

/** Tags that say what was run, by whom and with what; all others are the people's own. */
const codeTag = /^(?:mlflow\.(?:source\.|project\.|docker\.|gitRepo|databricks\.|user$)|fabrique\.)/
const hiddenTag = /^mlflow\.(?:runName|log-model\.history|loggedArtifacts)$/

const ownTags = (run: Run) => Object.keys(run.tags).filter((name) => !codeTag.test(name) && !hiddenTag.test(name))

export const codeRows = (runs: Runs): readonly CompareRow[] =>
  rowsOf(
    runs,
    (run) => Object.keys(run.tags).filter((name) => codeTag.test(name)),
    (run, name) => textCell(run.tags[name]),
  )

export const tagRows = (runs: Runs): readonly CompareRow[] =>
  rowsOf(runs, ownTags, (run, name) => textCell(run.tags[name]))

/** A data set by name and use; runs differ where its content does. */
export function datasetRows(runs: Runs): readonly CompareRow[] {
  const nameOf = ({ name, context }: Run['datasets'][number]) => (context === undefined ? name : `${name} (${context})`)
  return rowsOf(
    runs,
    (run) => run.datasets.map(nameOf),
    (run, name) => textCell(run.datasets.find((dataset) => nameOf(dataset) === name)?.digest),
  )
}

/** Files by path; they differ where their content does. `undefined` for a run whose files are not known. */
export function artifactRows(lists: readonly (readonly ArtifactEntry[] | undefined)[]): readonly CompareRow[] {
  const files = lists.map(
    (list) => new Map(list?.filter(({ is_folder }) => !is_folder).map((file) => [file.path, file])),
  )
  const paths = [...new Set(files.flatMap((list) => [...list.keys()]))].sort(natural.compare)
  return paths.map((path) =>
    makeRow(
      path,
      path,
      files.map((list) => {
        const file = list.get(path)
        if (file === undefined) return undefined
        const hash = file.sha256 ?? ''
        return { key: hash === '' ? `${file.bytes}` : hash, kind: 'file', text: hash, number: file.bytes ?? 0 }
      }),
      lists,
    ),
  )
}

/** What every run has. */
export function generalRows(runs: Runs, labels: Readonly<Record<string, string>>): readonly CompareRow[] {
  const row = (id: string, cell: (run: Run) => CompareCell | undefined) =>
    makeRow(
      id,
      labels[id] ?? id,
      runs.map((run) => (run === undefined ? undefined : cell(run))),
      runs,
    )
  return [
    row('experiment', (run) => textCell(run.experiment)),
    row('status', (run) => ({ key: run.status, kind: 'status', text: run.status })),
    row('started', (run) => ({ key: run.started_at, kind: 'moment', text: run.started_at })),
    row('duration', (run) =>
      run.duration_ms === undefined
        ? undefined
        : { key: String(run.duration_ms), kind: 'duration', text: '', number: run.duration_ms },
    ),
    row('user', (run) => textCell(run.user)),
  ]
}

/** How a number of a run lies to that of the baseline; undefined where there is nothing to say. */
export function deltaOf(cell: CompareCell | undefined, baseline: CompareCell | undefined): number | undefined {
  if (cell?.number === undefined || baseline?.number === undefined || cell.kind !== 'number') return undefined
  const delta = cell.number - baseline.number
  return delta === 0 || !Number.isFinite(delta) ? undefined : delta
}
