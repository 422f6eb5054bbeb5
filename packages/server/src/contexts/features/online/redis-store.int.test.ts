import { expect, onTestFinished, test } from 'vitest'
import { onlineCasesSuite } from '../../../../test/contract/online-cases-suite.js'
import { onlineStoreSuite } from '../../../../test/contract/online-store-suite.js'
import { openRoad } from '../../../../test/support/open-road.js'
import { openDatabase } from '../../../platform/index.js'
import { openOnlineStore } from './open-online-store.js'
import { openRedisStore } from './redis-store.js'
import { whenStoreIsBack } from './when-store-is-back.js'

/** A Redis or Valkey of whoever runs the tests, as `redis://127.0.0.1:6379`; the conformance tests start one. */
const url = process.env.TEST_REDIS_URL ?? ''

if (url !== '') {
  const open = () => openRedisStore({ url, prefix: `fabrique-test-${process.pid}-${process.hrtime.bigint()}` })
  onlineStoreSuite('redis', open)
  onlineCasesSuite('redis', open)

  test('a server that goes away is told at reads and writes, and what was there is there when it is back', async () => {
    const road = await openRoad(new URL(url))
    onTestFinished(() => road.close())
    const prefix = `fabrique-test-${process.pid}-${process.hrtime.bigint()}`
    const store = await openRedisStore({ url: `redis://127.0.0.1:${road.port}`, prefix, timeoutMs: 3_000 })
    onTestFinished(() => store.close())
    const row = { key: '[1]', eventUs: 1, createdUs: 1, steps: '[[1,1,[1]]]' }
    const newer = { ...row, eventUs: 2, steps: '[[2,2,[2]]]' }
    await store.write(1, [row])
    await road.close()
    const code = 'online_store_unavailable'
    await expect(store.read([{ version: 1, keys: ['[1]'] }])).rejects.toMatchObject({ code })
    await expect(store.write(1, [newer])).rejects.toMatchObject({ code })
    await expect(store.count(1)).rejects.toMatchObject({ code })
    await road.open()
    const waits = { attempts: 100, delayMs: 50, delayMsMax: 200 }
    expect(await whenStoreIsBack(() => store.read([{ version: 1, keys: ['[1]'] }]), waits)).toEqual([[row.steps]])
    expect(await store.write(1, [newer])).toEqual({ written: 1, older: 0 })
    expect(await store.count(1)).toBe(1)
    await store.drop(1)
  })
}

test('a server that is away is told, and nothing waits for it for long', async () => {
  const store = await openRedisStore({ url: 'redis://127.0.0.1:1', timeoutMs: 500 })
  const code = 'online_store_unavailable'
  await expect(store.read([{ version: 1, keys: ['[1]'] }])).rejects.toMatchObject({
    code,
    params: { reason: expect.stringContaining('127.0.0.1:1') },
  })
  await expect(store.write(1, [{ key: '[1]', eventUs: 1, createdUs: 1, steps: '[]' }])).rejects.toMatchObject({ code })
  await store.close()
})

test('an address that is of no store is refused', async () => {
  const { db, close } = openDatabase({
    url: 'postgresql://127.0.0.1:1/none',
    applicationName: 'fabrique-test',
    onError: () => {},
  })
  for (const address of ['memcached://h', 'redis', 'localhost:6379']) {
    await expect(openOnlineStore(db, address)).rejects.toMatchObject({ code: 'online_address_invalid' })
  }
  await close()
})
