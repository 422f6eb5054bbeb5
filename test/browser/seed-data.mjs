// A project of data: a CSV by months with a broken one, pictures, synthetic rows, a refused file, and what was added by hand.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { picture } from './picture.mjs'

const name = 'meters'
const meters = 20
const days = 14
const config = `import { category, csv, dataset, date, defineProject, expect, images, number, synthetic, text } from 'fabrique'

const readings = dataset('readings', csv('data/month_*/readings.csv'), {
  description: 'Hours and energy of each meter and day, one file a month',
  columns: {
    meter: text(),
    day: date(),
    hours: number({ unit: 'h', min: 0, max: 24, description: 'Hours in use' }),
    energy: number({ unit: 'kWh', nullable: true }),
    region: category(['north', 'south', 'west']),
  },
  key: ['meter', 'day'],
  time: 'day',
  badRows: { quarantine: 0.5 },
  expect: [
    expect.rowCount(100),
    expect.column('energy').between(0, 60),
    expect.column('energy').notNull({ mostly: 0.95, severity: 'warning' }),
    expect.column('hours').meanBetween(0, 10, { severity: 'info' }),
    expect.column('region').inSet(['north', 'south', 'west']),
    expect.column('humidity').between(0, 100, { severity: 'warning' }),
  ],
})
const photos = dataset('photos', images('photos'), { description: 'Pictures of meters', badRows: 'warn' })
const simulated = dataset('simulated', synthetic.classification({ rows: 500, seed: 7, nFeatures: 4 }))
const refused = dataset('refused', csv('refused.csv'), { columns: { amount: number() } })
const planned = dataset('planned', csv('planned/*.csv'))

export default defineProject({
  name: '${name}',
  description: 'Data of every kind',
  datasets: [readings, photos, simulated, refused, planned],
  models: [],
})
`

const day = (month, index) => `2026-${String(month).padStart(2, '0')}-${String(index + 1).padStart(2, '0')}`

/** The rows of a month; the same for the same month. */
function monthOf(month, { corrected = false } = {}) {
  return Array.from({ length: meters * days }, (_, index) => {
    const [meter, at] = [index % meters, Math.floor(index / meters)]
    const hours = ((index * 37 + month * 11) % 240) / 10
    const energy = hours * 2 + ((index * 13) % 7) + (corrected && index % 50 === 0 ? 5 : 0)
    const region = ['north', 'south', 'west'][meter % 3]
    return [`m${String(meter).padStart(2, '0')}`, day(month, at), hours, index % 40 === 3 ? '' : energy, region]
  })
}

const csvOf = (head, rows) => `${[head, ...rows].map((row) => row.join(',')).join('\n')}\n`
const columns = ['meter', 'day', 'hours', 'energy', 'region']

function write(folder, path, content) {
  const file = join(folder, path)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, content)
}

/** The project with its first month. */
export function writeDataProject(parent) {
  const folder = join(parent, name)
  write(folder, 'fabrique.config.ts', config)
  write(folder, 'data/month_01/readings.csv', csvOf(columns, monthOf(1)))
  write(folder, 'refused.csv', 'amount\n1\ntwo\n3\n')
  for (const [place, label] of ['north', 'south', 'west'].entries())
    for (let index = 0; index < 8; index += 1) {
      const color = [60 + place * 80, 40 + index * 24, 200 - place * 60]
      write(folder, `photos/${label}/meter-${index}.png`, picture({ width: 48 + index * 8, height: 64, color }))
    }
  write(folder, 'photos/south/cut-off.png', picture().subarray(0, 40))
  write(folder, 'notes/read-me.txt', 'Taken as it is\n')
  write(folder, 'notes/2026/january.txt', 'Nothing broke\n')
}

/** A month that is broken in every way, with one more column, and late corrections of the month before. */
function writeSecondMonth(folder) {
  const rows = monthOf(2).map((row, index) => [...row, 30 + (index % 40)])
  const broken = [
    ['m00', day(2, 0), 3.5, 7, 'north', 40],
    ['m21', day(2, 0), 'many', 7, 'north', 40],
    ['m22', day(2, 0), 99, 7, 'north', 40],
    ['m23', 'someday', 3, 7, 'south', 41],
    ['m24', day(2, 1), 3, 7, 'moon', 41],
    ['m25', day(2, 1), '', 7, 'west', 41],
    ['m26', day(2, 1), 3, 7, 'west', 41, 'more', 'fields'],
    ...Array.from({ length: 12 }, (_, index) => [`m${30 + index}`, day(2, 2), -1 - index, 3, 'south', 42]),
    ['m50', day(2, 3), 4, 400, 'south', 42],
  ]
  write(folder, 'data/month_02/readings.csv', csvOf([...columns, 'humidity'], [...rows, ...broken]))
  write(folder, 'data/month_01/readings.csv', csvOf(columns, monthOf(1, { corrected: true })))
}

export async function ask(base, method, path, body) {
  const reply = await fetch(`${base}/api/v1${path}`, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  if (!reply.ok) throw new Error(`${method} ${path} answers ${reply.status}: ${await reply.text()}`)
  return reply.json()
}

const jobTimeoutMs = 180_000

/** Waits until a job is over; `mayFail` accepts one that failed. */
export async function ended(base, job, mayFail = false) {
  const deadline = Date.now() + jobTimeoutMs
  while (Date.now() < deadline) {
    const now = await ask(base, 'GET', `/jobs/${job.id}`)
    if (now.state === 'succeeded' || (mayFail && now.state === 'failed')) return now
    if (now.state === 'failed' || now.state === 'cancelled')
      throw new Error(`${now.kind} of ${now.subject}: ${now.state} ${now.error?.message ?? ''}`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error(`${job.kind} of ${job.subject} had not ended`)
}

export const ingest = async (base, project, dataset, mayFail = false) =>
  ended(base, await ask(base, 'POST', `/projects/${project}/datasets/${dataset}/ingest`, {}), mayFail)

async function fill(base, folder) {
  const ofReadings = `/projects/${name}/datasets/readings`
  await ingest(base, name, 'readings')
  const [first] = (await ask(base, 'GET', `${ofReadings}/snapshots`)).items
  await ask(base, 'PUT', `${ofReadings}/tags/reference`, { ref: first.id, reason: 'The first month' })
  await ask(base, 'POST', `/snapshots/${first.id}/validate`, {})
  writeSecondMonth(folder)
  await ingest(base, name, 'readings')
  const [second] = (await ask(base, 'GET', `${ofReadings}/snapshots`)).items
  await ask(base, 'POST', `/snapshots/${second.id}/validate`, {})
  await ingest(base, name, 'photos')
  await ingest(base, name, 'simulated')
  await ingest(base, name, 'refused', true)
  const added = await ask(base, 'POST', `/projects/${name}/datasets/notes/add`, { path: join(folder, 'notes') })
  await ended(base, added)
  await ask(base, 'PUT', '/remotes/shared', { url: join(folder, 'remote'), is_default: true })
  await ended(base, await ask(base, 'POST', '/remotes/shared/push', { project: name, dataset: 'photos' }))
}

/** Everything, made once for each server; the server must have been started with the project. */
export async function seedData(base) {
  const { items } = await ask(base, 'GET', '/projects')
  const project = items.find((one) => one.name === name)
  if (project === undefined) throw new Error(`The server has no project ${name}: start it without --url`)
  const newest = async (dataset) => (await ask(base, 'GET', `/projects/${name}/datasets/${dataset}/snapshots`)).items
  if ((await newest('readings')).length === 0) await fill(base, project.folder)
  const [second, first] = await newest('readings')
  const [photos] = await newest('photos')
  const [notes] = await newest('notes')
  const { items: ingests } = await ask(base, 'GET', `/projects/${name}/datasets/readings/ingests`)
  const { items: failed } = await ask(base, 'GET', `/projects/${name}/datasets/refused/ingests`)
  const { items: validations } = await ask(base, 'GET', `/projects/${name}/datasets/readings/validations`)
  return {
    project: name,
    first: first.id,
    second: second.id,
    photos: photos.id,
    notes: notes.id,
    ingest: ingests.find(({ snapshot_id }) => snapshot_id === second.id).id,
    refused: failed[0].id,
    validation: validations.find(({ snapshot_id }) => snapshot_id === second.id).id,
  }
}
