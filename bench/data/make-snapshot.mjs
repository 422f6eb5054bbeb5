// Writes a Parquet file as the part of a snapshot, and its profile as ingest keeps it; prints the seconds of the profile: FILE TARGET PROFILE.
import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const server = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'packages', 'server')
const load = (path) => import(pathToFileURL(join(server, 'dist', path)).href)
const { openFileEngine, profileFile } = await load('files.js')
const { copyTo } = await load(join('contexts', 'datasets', 'part-file.js'))

const [path, target, profilePath] = process.argv.slice(2)
const engine = await openFileEngine({ threads: availableParallelism() })
await engine.use(path, async (connection, { table, columns }) => {
  // A snapshot holds moments to the microsecond, and what pandas writes as NaN as missing.
  const columnSql = ({ name, type }) =>
    type === 'timestamp'
      ? `"${name}"::timestamp as "${name}"`
      : type === 'number'
        ? `nullif("${name}", 'nan'::double) as "${name}"`
        : `"${name}"`
  await connection.run(`copy (select ${columns.map(columnSql).join(', ')} from ${table}) ${copyTo(target)}`)
})
const began = performance.now()
const profile = await profileFile(engine, target)
const seconds = (performance.now() - began) / 1000
writeFileSync(profilePath, JSON.stringify(profile))
await engine.close()
console.log(JSON.stringify({ seconds }))
