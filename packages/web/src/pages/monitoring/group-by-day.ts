interface Dated {
  readonly at: string
}

export interface DayOf<Entry> {
  /** As 2026-11-22, in the zone of the reader. */
  readonly day: string
  readonly entries: readonly Entry[]
}

/** Entries in their order, those of one day together. */
export function groupByDay<Entry extends Dated>(entries: readonly Entry[]): readonly DayOf<Entry>[] {
  const days: { day: string; entries: Entry[] }[] = []
  for (const entry of entries) {
    const day = localDay(new Date(entry.at))
    const last = days.at(-1)
    if (last?.day === day) last.entries.push(entry)
    else days.push({ day, entries: [entry] })
  }
  return days
}

function localDay(at: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
}
