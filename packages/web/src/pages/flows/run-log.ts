import type { FlowLogLine } from '@fabrique/contract'

/** Lines of a log that the page holds; earlier ones are in the file to download. */
export const linesMax = 100_000

export interface RunLog {
  /** In their order. */
  readonly lines: readonly FlowLogLine[]
  /** Lines that the run wrote beyond what is kept. */
  readonly dropped: number
  /** Earlier lines that the page let go. */
  readonly letGo: number
}

export const emptyLog: RunLog = { lines: [], dropped: 0, letGo: 0 }

/** Adds lines that come after those that are known; a line that is known already is left out. */
export function addLines(log: RunLog, lines: readonly FlowLogLine[], dropped: number, max = linesMax): RunLog {
  const last = log.lines.at(-1)?.position ?? Number.NEGATIVE_INFINITY
  const fresh = lines.filter(({ position }) => position > last)
  if (fresh.length === 0) return dropped === log.dropped ? log : { ...log, dropped }
  const all = [...log.lines, ...fresh]
  const over = Math.max(all.length - max, 0)
  return { lines: over === 0 ? all : all.slice(over), dropped, letGo: log.letGo + over }
}

const levels = ['debug', 'info', 'warn', 'error'] as const

export interface LogChoice {
  /** The least level. */
  readonly level: FlowLogLine['level'] | undefined
  readonly step: string | undefined
  readonly find: string
}

/** Lines of a level and those above, of a step, that contain a text. */
export function chosenLines(lines: readonly FlowLogLine[], { level, step, find }: LogChoice): readonly FlowLogLine[] {
  const least = level === undefined ? 0 : levels.indexOf(level)
  const wanted = find.toLowerCase()
  if (least === 0 && step === undefined && wanted === '') return lines
  return lines.filter(
    (line) =>
      levels.indexOf(line.level) >= least &&
      (step === undefined || line.step === step) &&
      (wanted === '' || line.text.toLowerCase().includes(wanted)),
  )
}

/** How terminals are told colours and titles: from the escape character to a letter, or to the bell. */
const escapes = new RegExp(
  `${String.fromCharCode(27)}(?:\\[[0-9;?]*[a-zA-Z]|\\][^${String.fromCharCode(7)}]*${String.fromCharCode(7)})`,
  'g',
)

/** Text without the codes by which terminals are coloured. */
export const withoutAnsi = (text: string): string => text.replace(escapes, '')
