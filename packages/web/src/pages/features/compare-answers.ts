import type { FeatureStatus, FeaturesAtReply, Json, OnlineReply } from '@fabrique/contract'

/** How a feature was found at a moment. */
export interface Answer {
  readonly value: Json
  readonly status: FeatureStatus
  readonly eventTime: string | null
  readonly ageSeconds: number | null
}

export interface ComparedFeature {
  readonly view: string
  readonly version: number
  readonly name: string
  readonly now?: Answer
  /** `by_code` where only code of the project could tell. */
  readonly earlier?: Answer | 'by_code'
  /** Absent where only one of both is known. */
  readonly differs?: boolean
  /** Of two numbers. */
  readonly difference?: number
}

/** The features of one key at two moments side by side, in the order of the answers; an answer that is not there yet is undefined. */
export function compareAnswers(
  now: OnlineReply | undefined,
  earlier: FeaturesAtReply | undefined,
): readonly ComparedFeature[] {
  const nowAnswers = answersOf(now)
  const earlierAnswers = answersOf(earlier)
  const byCode = new Set(earlier?.not_computed)
  const features = new Map([...(earlier?.features ?? []), ...(now?.features ?? [])].map((one) => [idOf(one), one]))
  const order = [...(now?.features ?? []), ...(earlier?.features ?? [])].map(idOf)
  return [...new Set(order)].flatMap((id): readonly ComparedFeature[] => {
    const feature = features.get(id)
    if (feature === undefined) return []
    const { name, view, version } = feature
    const one = nowAnswers.get(id)
    const known = earlierAnswers.get(id)
    const isByCode = byCode.has(name) && known?.status !== 'NOT_FOUND' && known?.status !== 'OUTSIDE_MAX_AGE'
    const two = known === undefined ? undefined : isByCode ? ('by_code' as const) : known
    return [
      {
        name,
        view,
        version,
        ...(one === undefined ? {} : { now: one }),
        ...(two === undefined ? {} : { earlier: two }),
        ...(one === undefined || two === undefined || two === 'by_code' ? {} : changeOf(one, two)),
      },
    ]
  })
}

const idOf = ({ view, name }: { readonly view: string; readonly name: string }) => `${view}\n${name}`

function answersOf(reply: OnlineReply | undefined): ReadonlyMap<string, Answer> {
  const [row] = reply?.rows ?? []
  const answers = new Map<string, Answer>()
  if (reply === undefined || row === undefined) return answers
  reply.features.forEach((feature, place) => {
    const status = row.statuses[place]
    if (status === undefined) return
    answers.set(idOf(feature), {
      value: row.values[place] ?? null,
      status,
      eventTime: row.event_times[place] ?? null,
      ageSeconds: row.age_seconds[place] ?? null,
    })
  })
  return answers
}

function changeOf(now: Answer, earlier: Answer): Pick<ComparedFeature, 'differs' | 'difference'> {
  const differs = now.status !== earlier.status || JSON.stringify(now.value) !== JSON.stringify(earlier.value)
  if (!differs || typeof now.value !== 'number' || typeof earlier.value !== 'number') return { differs }
  return { differs, difference: now.value - earlier.value }
}
