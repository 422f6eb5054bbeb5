import type { ColumnProfile, Dataset, EstimatorInfo, Snapshot, TrainingRequestInput } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { queries } from '../../api/queries.js'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { patterns } from '../../routing/paths.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import { guessTask } from './guess-task.js'
import type { FieldProblem } from './parameter-text.js'
import { readDraft, settle, type Task, type TrainDraft, writeDraft } from './train-draft.js'
import { trainQueries } from './train-queries.js'
import { type FieldName, readForm } from './training-request.js'

const route = getRouteApi(patterns.train)
const addressDelayMs = 250
/** Longer addresses are refused when the page is loaded again: such a form is kept by this tab instead. */
const addressMax = 6000
const keptKey = 'fabrique.train'

/** The form of a training with all that its fields depend on. */
export interface TrainForm {
  readonly project: string
  readonly datasets: readonly Dataset[]
  readonly draft: TrainDraft
  readonly change: (part: Partial<TrainDraft>) => void
  readonly dataset: Dataset | undefined
  readonly snapshot: Snapshot | undefined
  readonly isLoadingSnapshot: boolean
  readonly profiles: ReadonlyMap<string, ColumnProfile>
  readonly task: Task
  /** How many values the target has, where that is known. */
  readonly classes: number | undefined
  readonly estimators: readonly EstimatorInfo[]
  readonly estimator: EstimatorInfo | undefined
  readonly request: TrainingRequestInput | undefined
  readonly problems: Readonly<Partial<Record<FieldName, FieldProblem>>>
}

/** The form, begun from the address and kept in it. */
export function useTrainForm(project: string, datasets: readonly Dataset[]): TrainForm {
  const { language } = useI18n()
  const [draft, setDraft] = useDraft()
  const dataset = datasets.find(({ name }) => name === draft.dataset)
  const snapshotId = draft.snapshot === '' ? (dataset?.latest_snapshot?.id ?? '') : draft.snapshot
  const older = useQuery({
    ...queries.snapshot(snapshotId),
    enabled: snapshotId !== '' && snapshotId !== dataset?.latest_snapshot?.id,
  })
  const snapshot = dataset?.latest_snapshot?.id === snapshotId ? dataset.latest_snapshot : older.data
  const profile = useQuery({ ...queries.profile(snapshotId), enabled: snapshot?.kind === 'table' })
  const all = useQuery(trainQueries.estimators(language)).data ?? []
  const profiles = new Map(profile.data?.columns.map((column) => [column.name, column]))
  const columns = snapshot?.columns ?? []
  const target = columns.find(({ name }) => name === draft.target)
  const guessed = target === undefined ? 'regression' : guessTask(target, profiles.get(target.name))
  const task = draft.task === '' ? guessed : draft.task
  // A search needs parameters that the estimator proposes to search.
  const estimators = all.filter(
    ({ task: learns, parameters }) =>
      learns === task && (draft.mode !== 'search' || parameters.some(({ search }) => search !== undefined)),
  )
  const estimator = estimators.find(({ kind }) => kind === draft.estimator) ?? estimators[0]
  const profiled = target === undefined ? undefined : profiles.get(target.name)
  const classes = profiled?.distinct_is_exact === true ? profiled.distinct : undefined
  return {
    project,
    datasets,
    draft,
    change: (part) => setDraft((before) => settle(before, part)),
    dataset,
    snapshot,
    isLoadingSnapshot: snapshot === undefined && older.isFetching,
    profiles,
    task,
    classes,
    estimators,
    estimator: draft.mode === 'auto' ? undefined : estimator,
    ...readForm(draft, { columns, task, classes, estimator }),
  }
}

function useDraft() {
  const search = route.useSearch()
  const changeSearch = useSearchChange()
  const inAddress = JSON.stringify(search)
  const written = useRef(inAddress)
  const [draft, setDraft] = useState(() => readKept() ?? readDraft(search))
  useEffect(() => {
    // Someone went to another address of this page, as with Back or a link.
    if (inAddress === written.current) return
    written.current = inAddress
    setDraft(readDraft(search))
  }, [inAddress, search])
  useEffect(() => {
    const next = writeDraft(draft)
    const text = JSON.stringify(next)
    const timer = setTimeout(() => {
      if (text.length > addressMax) {
        keep(text)
        return
      }
      keep(undefined)
      if (text === written.current) return
      written.current = text
      changeSearch(next)
    }, addressDelayMs)
    return () => clearTimeout(timer)
  }, [draft, changeSearch])
  return [draft, setDraft] as const
}

/** A form that is too long for an address lasts as long as its tab; the address it was made at goes with it. */
function keep(text: string | undefined): void {
  if (text === undefined) sessionStorage.removeItem(keptKey)
  else sessionStorage.setItem(keptKey, JSON.stringify({ address: location.href, text }))
}

function readKept(): TrainDraft | undefined {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(keptKey) ?? 'null')
    if (typeof kept !== 'object' || kept === null || !('address' in kept) || !('text' in kept)) return undefined
    if (kept.address !== location.href || typeof kept.text !== 'string') return undefined
    return readDraft(JSON.parse(kept.text))
  } catch {
    return undefined
  }
}
