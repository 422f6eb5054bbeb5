import type { Redis } from 'ioredis'
import { allowed, type RateStore, refused } from './rate-store.js'

/** By the clock of Redis, which all servers share. Keys go by themselves when their bucket is full. */
const takeScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local next = full + ARGV[1]
if next - now > ARGV[2] + 0.001 then return {0, tostring(full - now)} end
redis.call('SET', KEYS[1], string.format('%.3f', next), 'PX', math.ceil(next - now))
return {1, tostring(next - now)}`

const giveBackScript = `
local full = redis.call('GET', KEYS[1])
if full then redis.call('SET', KEYS[1], string.format('%.3f', full - ARGV[1]), 'KEEPTTL') end`

interface ScriptedRedis extends Redis {
  giveRateBack(key: string, perRequestMs: number): Promise<unknown>
  takeRate(key: string, perRequestMs: number, windowMs: number): Promise<readonly [number, string]>
}

/** The type of a client that has the script; it is defined in the next statement. */
function withScript(redis: Redis): ScriptedRedis {
  return redis as ScriptedRedis
}

/** Buckets in Redis or Valkey, shared by all servers that use it. */
export async function openRedisRateStore(address: string): Promise<RateStore> {
  const url = new URL(address)
  const prefix = url.searchParams.get('prefix') ?? 'fabrique'
  url.searchParams.delete('prefix')
  // Loaded where it is used.
  const { Redis } = await import('ioredis')
  const redis = withScript(
    new Redis(url.toString(), {
      lazyConnect: true,
      connectionName: 'fabrique rates',
      connectTimeout: 1_000,
      commandTimeout: 500,
      maxRetriesPerRequest: 0,
      enableAutoPipelining: true,
      retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
    }),
  )
  redis.defineCommand('takeRate', { lua: takeScript, numberOfKeys: 1 })
  redis.defineCommand('giveRateBack', { lua: giveBackScript, numberOfKeys: 1 })
  // Each command that fails says so itself.
  redis.on('error', () => {})
  return {
    kind: 'redis',
    async take(key, rate) {
      const perRequest = rate.windowMs / rate.requests
      const [isAllowed, fullIn] = await redis.takeRate(`${prefix}:rate:${key}`, perRequest, rate.windowMs)
      return isAllowed === 1 ? allowed(Number(fullIn), rate) : refused(Number(fullIn), rate)
    },
    async giveBack(key, { requests, windowMs }) {
      await redis.giveRateBack(`${prefix}:rate:${key}`, windowMs / requests)
    },
    async close() {
      redis.disconnect()
    },
  }
}
