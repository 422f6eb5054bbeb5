import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

const module = new URL('../../../dist/platform/logs/index.js', import.meta.url).href

/** What a process of its own says on its console that logs a thousand lines and then ends in some way. */
function consoleOf(folder: string, end: string): readonly Record<string, unknown>[] {
  const options = { part: 'server', folder, level: 'info', console: 'json' }
  const program = `
    const { openLogger } = await import(${JSON.stringify(module)})
    const { log, close } = await openLogger(${JSON.stringify(options)})
    const fields = { headers: { authorization: 'Bearer x' }, user: { password: 'p' } }
    for (let line = 0; line < 1000; line += 1) log.info({ line, ...fields }, 'request')
    ${end}`
  return parse(execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }))
}

function parse(text: string): readonly Record<string, unknown>[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fabrique-logs-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('a log that is closed has every line in the console and in the file, without secrets', () => {
  const folder = makeFolder()
  const lines = consoleOf(folder, 'await close()')
  expect(lines.map(({ line }) => line)).toEqual(Array.from({ length: 1000 }, (_, line) => line))
  const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.log'))
  expect(parse(readFileSync(join(folder, file), 'utf8'))).toEqual(lines)
  expect(lines[0]).toMatchObject({
    level: 'info',
    part: 'server',
    msg: 'request',
    headers: { authorization: '[hidden]' },
    user: { password: '[hidden]' },
  })
})

test('a process that ends at once has said every line', () => {
  expect(consoleOf(makeFolder(), 'process.exit(0)')).toHaveLength(1000)
})

test.skipIf(!existsSync('/dev/full')).each(['json', 'pretty'])(
  'a %s console on a full disk does not end the process, and the file has every line',
  (form) => {
    const folder = makeFolder()
    const options = { part: 'server', folder, level: 'info', console: form }
    const program = `
      const { openLogger } = await import(${JSON.stringify(module)})
      const { log, close } = await openLogger(${JSON.stringify(options)})
      for (let line = 0; line < 10; line += 1) {
        log.info({ line }, 'request')
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      await close()`
    const full = openSync('/dev/full', 'w')
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
      stdio: ['ignore', full, 'pipe'],
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.log'))
    expect(parse(readFileSync(join(folder, file), 'utf8'))).toHaveLength(10)
  },
)
