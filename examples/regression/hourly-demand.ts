// A source in code: the electricity that a small town uses, hour by hour. The town is invented, its habits are not: work days and week ends,
// heating and air conditioning, public holidays.
import { defineSource, type SourceContext } from 'fabrique'

/** One hour, in UTC. */
type Hour = {
  readonly at: Date
  /** °C */
  readonly temperature: number
  readonly holiday: boolean
  /** MWh */
  readonly demand: number
}

const firstHour = Date.UTC(2024, 0, 1)
const hourMs = 3_600_000
const yearHours = 365.2425 * 24

/** French public holidays that have a fixed date, as month and day. */
const holidays: ReadonlySet<string> = new Set(['01-01', '05-01', '05-08', '07-14', '08-15', '11-01', '11-11', '12-25'])

/** Share of the day's range that is used at each hour of a work day, midnight first. */
const workDay = [12, 8, 5, 4, 5, 12, 34, 62, 78, 76, 72, 70, 74, 68, 64, 62, 66, 78, 96, 100, 88, 66, 42, 24]
/** The same of a Saturday, Sunday or holiday: later, and lower. */
const freeDay = [18, 12, 8, 6, 6, 8, 14, 26, 42, 54, 60, 64, 68, 58, 50, 46, 48, 58, 72, 78, 70, 56, 40, 26]

/** Numbers from 0 to 1 that follow from the seed: the same rows each time, on each machine (mulberry32). */
function chance(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let bits = Math.imul(state ^ (state >>> 15), state | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Numbers around 0 with deviation 1 (Box and Muller). */
function normal(next: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
}

const rounded = (value: number) => Math.round(value * 100) / 100

/** The hours from the start of 2024 on. Weather lasts for days, and what people do beyond their habits for some hours. */
export function* hoursOfTown(hours: number, seed: number): Generator<Hour> {
  const draw = normal(chance(seed))
  let weather = 0
  let mood = 0
  for (let index = 0; index < hours; index += 1) {
    const at = new Date(firstHour + index * hourMs)
    const hour = at.getUTCHours()
    weather = 0.985 * weather + 0.7 * draw()
    mood = 0.7 * mood + 1.1 * draw()
    // Coldest at the end of January and at four in the morning.
    const season = -9 * Math.cos((2 * Math.PI * (index - 25 * 24)) / yearHours)
    const day = -4 * Math.cos((2 * Math.PI * (hour - 4)) / 24)
    const temperature = rounded(12 + season + day + weather)
    const holiday = holidays.has(at.toISOString().slice(5, 10))
    const isFree = holiday || at.getUTCDay() % 6 === 0
    const habit = ((isFree ? freeDay : workDay)[hour] ?? 0) * (isFree ? 0.2 : 0.24)
    const heating = 0.85 * Math.max(0, 16 - temperature)
    // The air conditioning of offices runs by day.
    const cooling = (hour >= 9 && hour < 20 && !isFree ? 1.3 : 0.5) * Math.max(0, temperature - 21)
    yield { at, temperature, holiday, demand: rounded(Math.max(0, 30 + habit + heating + cooling + mood)) }
  }
}

/** Declares the rows as the source of a data set: `hourlyDemand({ hours: 20_000, seed: 7 })`. */
export const hourlyDemand = defineSource('hourly-demand', {
  list({ options: { hours, seed } }: SourceContext<{ hours: number; seed: number }>) {
    // The mark says that the same options give the same rows, which are then not made again.
    const mark = `${hours} hours, seed ${seed}`
    return { parts: [{ name: 'town', mark, rows: () => hoursOfTown(hours, seed) }] }
  },
})
