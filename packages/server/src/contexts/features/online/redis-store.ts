import { FabriqueError, isFabriqueError } from '@fabrique/contract'
import type { Redis } from 'ioredis'
import type { OnlineStore } from './model.js'
import { partsOf, rowLines } from './row-lines.js'

/** Rows in one call, which blocks the server meanwhile. */
const rowsOfCall = 500

/**
 * Counts the rows of a transaction in which they were all new: then the second key, which was set with them, is there. It is nowhere but
 * in the transaction.
 */
const countScript = `if redis.call('DEL', KEYS[2]) == 1 then redis.call('INCRBY', KEYS[1], ARGV[1]) end`

/**
 * Keeps each row where nothing newer is there. It gets lines as `rowLines` makes them and what the names of keys begin with; a value is its
 * line without the key, and only the head of what is there is read. The key is the count of keys of the version. Gives how many were older.
 */
const writeScript = `
local names, lines = ARGV[1], ARGV[2]
local older, new, start = 0, 0, 1
while start <= #lines do
  local tab = string.find(lines, '\\t', start, true)
  local stop = string.find(lines, '\\n', tab, true) or #lines + 1
  local key, value = names .. string.sub(lines, start, tab - 1), string.sub(lines, tab + 1, stop - 1)
  if redis.call('SETNX', key, value) == 1 then
    new = new + 1
  else
    local event, created = string.match(value, '^(%-?%d+)\\t(%-?%d+)\\t')
    local e, c = string.match(redis.call('GETRANGE', key, 0, 47), '^(%-?%d+)\\t(%-?%d+)\\t')
    event, created, e, c = tonumber(event), tonumber(created), tonumber(e), tonumber(c)
    if event > e or (event == e and created >= c) then
      redis.call('SET', key, value)
    else
      older = older + 1
    end
  end
  start = stop + 1
end
if new > 0 then redis.call('INCRBY', KEYS[1], new) end
return older`

export interface RedisOptions {
  /** As `redis://user:password@host:6379/0`; `rediss://` with TLS. */
  readonly url: string
  /** What keys begin with, where several installations share a server. */
  readonly prefix?: string
  /** Milliseconds that a command may take. */
  readonly timeoutMs?: number
}

interface ScriptedRedis extends Redis {
  keepNewer(count: number, key: string, names: string, lines: string): Promise<number>
}

/** Values in Redis or Valkey: one string for each key of a version, replaced by a script only where nothing newer is there. */
export async function openRedisStore(options: RedisOptions): Promise<OnlineStore> {
  const { url, prefix = 'fabrique', timeoutMs = 5_000 } = options
  // Loaded where it is used: most installations keep values in PostgreSQL.
  const { Redis } = await import('ioredis')
  const redis = withScript(
    new Redis(url, {
      lazyConnect: true,
      connectionName: 'fabrique',
      connectTimeout: timeoutMs,
      commandTimeout: timeoutMs,
      maxRetriesPerRequest: 1,
      enableAutoPipelining: true,
      retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
    }),
  )
  redis.defineCommand('keepNewer', { lua: writeScript })
  // Each command that fails says so itself; why there is no connection only this one knows.
  let lastFault = 'the connection was lost'
  redis.on('error', ({ message }: Error) => {
    lastFault = message
  })
  const name = (version: number, key: string) => `${prefix}:online:${version}:${key}`
  const countName = (version: number) => `${prefix}:online-keys:${version}`
  const markName = (version: number) => `${prefix}:online-new:${version}`
  const failing = <Result>(action: () => Promise<Result>) => orUnavailable(action, () => lastFault)
  /** Versions of which keys were there before they were written: their rows have to be compared. */
  const known = new Set<number>()

  /** Sets rows where none of their keys is there; whether it did. The server does that several times faster than a script. */
  const setNew = async (version: number, lines: string): Promise<boolean> => {
    const values: string[] = [markName(version), '']
    for (const line of lines.split('\n')) {
      const tab = line.indexOf('\t')
      values.push(name(version, line.slice(0, tab)), line.slice(tab + 1))
    }
    const results = await redis
      .multi()
      .msetnx(values)
      .eval(countScript, 2, countName(version), markName(version), values.length / 2 - 1)
      .exec()
    for (const [error] of results ?? []) if (error !== null) throw error
    return results?.[0]?.[1] === 1
  }
  /** Writes rows and gives how many were older than what is there. */
  const writeLines = async (version: number, lines: string): Promise<number> => {
    if (!known.has(version)) {
      if (await setNew(version, lines)) return 0
      known.add(version)
    }
    return redis.keepNewer(1, countName(version), name(version, ''), lines)
  }

  return {
    kind: 'redis',
    async write(version, rows) {
      if (rows.length === 0) return { written: 0, older: 0 }
      const calls = partsOf(rowLines(rows), rowsOfCall)
      const counts = await failing(() => Promise.all(calls.map((lines) => writeLines(version, lines))))
      const older = counts.reduce((sum, count) => sum + count, 0)
      return { written: rows.length - older, older }
    },
    async read(wanted) {
      const names = wanted.flatMap(({ version, keys }) => keys.map((key) => name(version, key)))
      if (names.length === 0) return wanted.map(() => [])
      const values = await failing(() => redis.mget(names))
      let start = 0
      return wanted.map(({ keys }) => {
        const own = values.slice(start, start + keys.length)
        start += keys.length
        return own.map((value) => (value === null ? undefined : stepsOf(value)))
      })
    },
    async drop(version) {
      known.delete(version)
      await failing(async () => {
        const match = `${globText(`${prefix}:online:${version}:`)}*`
        let cursor = '0'
        do {
          const [next, found] = await redis.scan(cursor, 'MATCH', match, 'COUNT', 1_000)
          if (found.length > 0) await redis.unlink(...found)
          cursor = next
        } while (cursor !== '0')
        await redis.unlink(countName(version))
      })
    },
    async count(version) {
      return Number((await failing(() => redis.get(countName(version)))) ?? 0)
    },
    async close() {
      redis.disconnect()
    },
  }
}

/** `defineCommand` gives the client the command. */
function withScript(redis: Redis): ScriptedRedis {
  return redis as ScriptedRedis
}

function stepsOf(value: string): string {
  return value.slice(value.indexOf('\t', value.indexOf('\t') + 1) + 1)
}

function globText(text: string): string {
  return text.replaceAll(/[\\*?[\]]/g, '\\$&')
}

/** Whatever the client says is about the store: it gets nothing from users but strings. */
async function orUnavailable<Result>(action: () => Promise<Result>, fault: () => string): Promise<Result> {
  try {
    return await action()
  } catch (error) {
    // What it says of a command is a fault of ours, for which nobody should wait.
    if (isFabriqueError(error) || (error instanceof Error && /^ERR (?!max number of clients)/.test(error.message)))
      throw error
    const said = error instanceof Error ? error.message : 'no reason given'
    const reason = (/max retries|Connection is closed/.test(said) ? fault() : said).slice(0, 200)
    throw new FabriqueError('online_store_unavailable', { store: 'Redis', reason }, { cause: error })
  }
}
