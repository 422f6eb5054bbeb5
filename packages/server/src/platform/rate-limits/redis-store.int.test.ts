import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { rateStoreSuite } from '../../../test/contract/rate-store-suite.js'
import { openRedisRateStore } from './redis-store.js'

/** A Redis or Valkey of whoever runs the tests; the conformance tests start one. */
const url = process.env.TEST_REDIS_URL ?? ''

if (url !== '') {
  rateStoreSuite('redis', async () => {
    const prefix = `fabrique-test-${process.pid}-${process.hrtime.bigint()}`
    const address = `${url}?prefix=${prefix}`
    const [store, other, redis] = [await openRedisRateStore(address), await openRedisRateStore(address), new Redis(url)]
    return {
      store,
      other,
      elapse: async (key, ms) => {
        const name = `${prefix}:rate:${key}`
        await redis.set(name, Number(await redis.get(name)) - ms)
      },
      close: async () => {
        const names = await redis.keys(`${prefix}:*`)
        if (names.length > 0) await redis.del(names)
        redis.disconnect()
        await store.close()
        await other.close()
      },
    }
  })
}

test('a server that is away is told, not waited for', async () => {
  const store = await openRedisRateStore('redis://127.0.0.1:1')
  await expect(store.take('key', { requests: 1, windowMs: 1000 })).rejects.toThrow()
  await store.close()
})
