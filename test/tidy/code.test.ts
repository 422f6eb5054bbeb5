import {
  allowedCasts,
  allowedCastsAreNeeded,
  noCatchAllFolders,
  noConsole,
  noDefaultExports,
  noHiddenInputs,
  noLooseTypes,
  noTestCodeInSources,
  patientTests,
  verbNames,
  wholeStreams,
  writesInChangeVerbs,
} from './code-rules.js'
import { testRule } from './rule-test.js'

testRule('nothing below app reads the clock, the environment or chance', noHiddenInputs, {
  files: {
    'packages/server/src/platform/a.ts': [
      "import { createHash, randomBytes } from 'node:crypto'",
      'const at = new Date()',
      "const then = new Date('2026-01-01')",
      'const ms = Date.now() - performance.now()',
      'const home = process.env.HOME',
    ].join('\n'),
    'packages/ml/src/é.ts': `// ${'é…'.repeat(40)}\nconst a = Math.random()\n${'\n'.repeat(200)}`,
    'packages/server/src/app/system.ts': 'const at = new Date()',
    'packages/server/src/kernel/a.test.ts': 'const at = new Date()',
  },
  wrong: [
    /a\.ts:1 .*randomBytes of node:crypto/,
    /a\.ts:2 .*new Date\(\) reads the clock: take a Clock/,
    /a\.ts:4 .*Date\.now/,
    /a\.ts:4 .*performance\.now/,
    /a\.ts:5 .*process\.env/,
    /é\.ts:2 .*Math\.random/,
  ],
})

testRule('server, pages and pure packages do not print', noConsole, {
  files: {
    'packages/web/src/a.tsx': "export const A = () => <p onClick={() => console.log('a')}>console.log</p>",
    'packages/fabrique/src/cli/a.ts': "console.log('fine')",
  },
  wrong: [/web\/src\/a\.tsx:1 .*console\.log prints/],
})

testRule('no folder has a name that anything fits in', noCatchAllFolders, {
  files: { 'packages/ml/src/utils/a.ts': '', 'packages/web/src/Common/b.css': '', 'packages/ml/src/common.ts': '' },
  wrong: [/utils\/a\.ts:1 .*folder utils says nothing/, /b\.css:1 .*folder Common/],
})

testRule('exports have names', noDefaultExports, {
  files: {
    'packages/ml/src/a.ts': 'export default 1',
    'packages/ml/src/b.ts': 'const a = 1\nexport { a as default }',
    'vitest.config.ts': 'export default {}',
  },
  wrong: [/a\.ts:1 .*default export/, /b\.ts:2 .*default export/],
})

testRule('types are not switched off', noLooseTypes, {
  files: {
    'packages/ml/src/a.ts': 'function f(a: any) {\n  return a as unknown as string\n}\nconst text = "as any"',
    'packages/ml/src/a.test.ts': 'const a = 1 as unknown as string',
  },
  wrong: [/a\.ts:1 .*any switches the types off/, /a\.ts:2 .*as unknown as in f/],
})

testRule('every allowed cast is needed', allowedCastsAreNeeded, {
  files: { 'packages/ml/src/a.ts': 'const a = 1' },
  wrong: Object.keys(allowedCasts).map(() => /has no cast: remove it from allowedCasts/),
})

const verb = (maker: string, constant: string, name: string) =>
  `export const ${constant} = ${maker}({ name: '${name}', async run() {} })`

testRule('verbs are named context.verb_name, once', verbNames, {
  files: {
    'packages/server/src/contexts/flows/a.ts': [
      verb('readVerb', 'getRun', 'flows.get_run'),
      verb('changeVerb', 'stop', 'flows.Stop'),
      verb('taskVerb', 'train', 'training.train'),
      verb('readVerb', 'listRuns', 'flows.list_all'),
    ].join('\n'),
    'packages/server/src/contexts/flows/b.ts': verb('readVerb', 'getRun', 'flows.get_run'),
  },
  wrong: [
    /a\.ts:2 .*"flows\.Stop" is not of the form/,
    /a\.ts:3 .*training\.train stands in flows/,
    /a\.ts:4 .*name it flows\.list_runs/,
    /b\.ts:1 .*exists already at .*a\.ts:1/,
  ],
})

testRule('what reads does not write', writesInChangeVerbs, {
  files: {
    'packages/server/src/contexts/flows/a.ts': [
      "const a = readVerb({ async run({ ctx }) { await t(ctx).updateTable('a').execute() } })",
      "const b = changeVerb({ async run({ ctx }) { await t(ctx).updateTable('a').execute() } })",
      "const c = taskVerb({ async run({ ctx }) { await t(ctx).deleteFrom('a').execute() } })",
    ].join('\n'),
  },
  wrong: [/a\.ts:1 .*updateTable in a readVerb/, /a\.ts:3 .*deleteFrom in a taskVerb/],
})

testRule('sources do not import test code', noTestCodeInSources, {
  files: {
    'packages/ml/src/a.ts': "import { x } from '../test/x.js'\nimport { test } from 'vitest'\nimport y from './y.js'",
  },
  wrong: [/a\.ts:1 .*test\/x\.js/, /a\.ts:2 .*vitest/],
})

testRule('what is streamed from the data engine is all there is', wholeStreams, {
  files: {
    'packages/server/src/contexts/a/read.ts': 'const rows = await connection.stream(sql)',
    'packages/server/src/contexts/a/side.ts': 'const rows = await side.connection.stream(sql)',
    'packages/server/src/platform/duckdb/read-chunks.ts': 'const rows = await connection.stream(sql)',
  },
  wrong: [/read\.ts:1 .*readChunks/, /side\.ts:1 .*readChunks/],
})

testRule('tests wait as long as the projects let them', patientTests, {
  files: {
    'packages/ml/src/a.test.ts': [
      "import { expect, test, vi } from 'vitest'",
      "test('a', async () => { await vi.waitFor(() => {}) }, 5_000)",
      "test.each([1])('%s', async () => { await expect.poll(() => 1, { timeout: 8000, interval: 20 }).toBe(1) })",
      "test('long', { timeout: 600_000 }, () => {})",
      "test('options', () => { run({ timeoutMs: 10 }) })",
    ].join('\n'),
    'packages/fabrique/test/flow.ts': 'export const step = { timeout: 10 }',
  },
  wrong: [
    /a\.test\.ts:2 .*time of its own/,
    /a\.test\.ts:2 .*vi\.waitFor gives up/,
    /a\.test\.ts:3 .*timeout is shorter/,
  ],
})
