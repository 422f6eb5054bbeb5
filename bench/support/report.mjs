// Measures servers in turn, and tells of lines `{ what, unit, values: { Fabrique, … }, better, ratio, limit }` with their bounds.
import { median } from './processes.mjs'

/**
 * A value of each server: the median over rounds of what `measure` gives, the servers one after the other in each round, there and back: of a machine
 * that grows slower or faster meanwhile, none has the better part.
 */
export async function inTurns(servers, rounds, measure) {
  const results = new Map(servers.map((server) => [server.name, []]))
  for (let round = 0; round < rounds; round += 1) {
    const turn = round % 2 === 0 ? servers : [...servers].reverse()
    for (const server of turn) results.get(server.name).push(await measure(server, round))
  }
  return (field) =>
    Object.fromEntries([...results].map(([name, list]) => [name, median(list.map((result) => result[field]))]))
}

/** The line with its ratio to the better of the peers, the bounds as text, and whether they are met. Without a value of ours, there are none. */
export function judged(line) {
  const { values, better, ratio, limit, share, shareAtLeast } = line
  const ours = values.Fabrique
  const peers = Object.entries(values).flatMap(([name, value]) => (name === 'Fabrique' ? [] : [value]))
  const times =
    ours === undefined || peers.length === 0 || better === undefined
      ? undefined
      : better === 'more'
        ? ours / Math.max(...peers)
        : Math.min(...peers) / ours
  const bounds = []
  if (ratio !== undefined && times !== undefined) bounds.push([`${ratio}x`, times >= ratio])
  if (limit !== undefined && ours !== undefined) bounds.push([`under ${limit} ${line.unit}`, ours < limit])
  if (shareAtLeast !== undefined) bounds.push([`at least ${shareAtLeast} of the rate before`, share >= shareAtLeast])
  return {
    ...line,
    times,
    bound: bounds.map(([text]) => text).join(', '),
    met: bounds.length === 0 ? undefined : bounds.every(([, ok]) => ok),
  }
}

function number(value) {
  if (value === undefined) return ''
  return value >= 100 ? String(Math.round(value)) : value.toPrecision(3)
}

/** A judged line as text. */
export function told({ what, unit, values, times, share, bound, met }) {
  const each = Object.entries(values).map(([name, value]) => `${name} ${number(value)}`)
  const ratio = times === undefined ? '' : ` = ${number(times)}x`
  const part = share === undefined ? '' : ` = ${share.toFixed(2)} of the rate before`
  const verdict = met === undefined ? '' : ` (bound ${bound}: ${met ? 'met' : 'NOT MET'})`
  return `${what}, ${unit}: ${each.join(', ')}${ratio}${part}${verdict}`
}

/** Prints judged lines as a table, with a column for each of the peers. */
export function report(lines, peers) {
  console.log()
  console.table(
    lines.map(({ what, unit, values, times, share, bound, met }) => ({
      what: `${what}, ${unit}`,
      Fabrique: number(values.Fabrique),
      ...Object.fromEntries(peers.map((name) => [name, number(values[name])])),
      ratio: times === undefined ? (share === undefined ? '' : share.toFixed(2)) : `${number(times)}x`,
      bound,
      met: met === undefined ? '' : met ? 'yes' : 'NO',
    })),
  )
}
