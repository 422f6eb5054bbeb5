import { Cron } from 'croner'

/** A cron expression of five fields, as `0 6 1 * *`, in UTC; undefined where the text is none. It is asked, and runs nothing. */
function parsed(text: string): Cron | undefined {
  try {
    return new Cron(text.trim(), { mode: '5-part', timezone: 'UTC', sloppyRanges: true, paused: true })
  } catch {
    return undefined
  }
}

/** Whether a text is a cron expression of five fields, as `0 6 1 * *`. */
export function isCron(text: string): boolean {
  return parsed(text) !== undefined
}

/**
 * The newest moment of a cron expression after one moment and no later than another, in UTC; undefined where there is none. Where both
 * the day of the month and the day of the week are restricted, either is enough.
 */
export function lastDue(
  text: string,
  { after, until }: { readonly after: Date; readonly until: Date },
): Date | undefined {
  // The library looks before a whole second; one that begins at `until` counts.
  const nextSecond = new Date((Math.floor(until.getTime() / 1_000) + 1) * 1_000)
  const [due] = parsed(text)?.previousRuns(1, nextSecond) ?? []
  return due !== undefined && due.getTime() > after.getTime() ? due : undefined
}
