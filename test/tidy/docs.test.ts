import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { errorCatalogue } from '../../packages/contract/src/errors/error-catalogue.js'
import { expectationCatalogue } from '../../packages/contract/src/schemas/expectations.js'
import { estimators } from '../../packages/ml/src/estimators/catalogue.js'
import { parameterSpecs } from '../../packages/ml/src/parameters/parameter-spec.js'
import { limits } from '../../packages/server/src/kernel/limits.js'
import { contextReadmes, deadLinks, knownCommands } from './doc-rules.js'
import { testRule } from './rule-test.js'
import { fileAt, repositoryFiles, repositoryPaths, root } from './tree.js'

interface Generator {
  renderErrors(catalogue: object): string
  renderLimits(limits: object): string
  renderExpectations(catalogue: object, differences: object): string
  renderEstimators(estimators: readonly object[]): string
}

test('docs/errors.md and docs/limits.md are what the code says', async () => {
  const generator: Generator = await import(pathToFileURL(join(root, 'scripts/generate-docs.mjs')).href)
  const advice = 'run npm run build && node scripts/generate-docs.mjs'
  const files = repositoryFiles()
  expect(fileAt(files, 'docs/errors.md')?.text === generator.renderErrors(errorCatalogue), advice).toBe(true)
  expect(fileAt(files, 'docs/limits.md')?.text === generator.renderLimits(limits), advice).toBe(true)
})

test('docs/errors.md and docs/limits.md are what the code says: a change of the code shows', async () => {
  const generator: Generator = await import(pathToFileURL(join(root, 'scripts/generate-docs.mjs')).href)
  const changed = {
    ...errorCatalogue,
    new_code: { status: 400, exit: 2, en: 'A|b', fr: 'C', hintEn: 'D', hintFr: 'E' },
  }
  const page = generator.renderErrors(changed)
  expect(page).not.toBe(generator.renderErrors(errorCatalogue))
  expect(page).toContain('## new_code')
  expect(page).toContain('| en | A\\|b | D |')
  const one = { default: 2048, unit: 'bytes', description: 'Size' }
  expect(generator.renderLimits({ 'a.bytes_max': one })).toContain('| `a.bytes_max` | 2,048 bytes (2 KiB) | Size |')
})

test('docs/expectations.md lists every expectation and every difference', async () => {
  const generator: Generator = await import(pathToFileURL(join(root, 'scripts/generate-docs.mjs')).href)
  const differences = JSON.parse(readFileSync(join(root, 'test/conformance/gx_differences.json'), 'utf8'))
  const page = fileAt(repositoryFiles(), 'docs/expectations.md')?.text ?? ''
  expect(
    page === generator.renderExpectations(expectationCatalogue, differences),
    'run node scripts/generate-docs.mjs',
  ).toBe(true)
  for (const type of Object.keys(expectationCatalogue)) expect(page).toContain(`| \`${type}\` |`)
  for (const { note } of differences) expect(page).toContain(`| ${note} |`)
})

test('the SDK has what the catalogue of estimators has', async () => {
  const { renderSdk }: { renderSdk(estimators: readonly object[]): string } = await import(
    pathToFileURL(join(root, 'scripts/render-sdk.mjs')).href
  )
  const written = readFileSync(join(root, 'packages/fabrique/src/sdk/estimators.ts'), 'utf8')
  expect(written === renderSdk(estimators), 'run npm run build && node scripts/generate-docs.mjs').toBe(true)
  const [first] = estimators
  expect(renderSdk([{ ...first, kind: 'new_kind' }])).toContain('export function newKind(')
})

test('docs/estimators.md lists every estimator and every parameter', async () => {
  const generator: Generator = await import(pathToFileURL(join(root, 'scripts/generate-docs.mjs')).href)
  const page = fileAt(repositoryFiles(), 'docs/estimators.md')?.text ?? ''
  expect(page === generator.renderEstimators(estimators), 'run node scripts/generate-docs.mjs').toBe(true)
  for (const { kind, parameters } of estimators) {
    expect(page).toContain(`### ${kind}\n`)
    for (const { sklearnName } of parameterSpecs({ ...parameters })) expect(page).toContain(`| \`${sklearnName}\` |`)
  }
})

testRule(
  'links of documents lead somewhere',
  (files) => deadLinks(new Set([...repositoryPaths(), ...files.map(({ path }) => path)]))(files),
  {
    files: {
      'README.md': '',
      'docs/sample/a.md': [
        '# One two',
        '[fine](../../README.md) [fine](#one-two) [fine](https://example.org/x.md) `[code](gone.md)`',
        '[gone](./gone.md)',
        '[heading](b.md#some-code) [no heading](b.md#nothing)',
        '<img src="images/gone.svg">',
        '```',
        '[code](gone.md)',
        '```',
      ].join('\n'),
      'docs/sample/b.md': '## Some `code`',
    },
    wrong: [
      /a\.md:3 .*gone\.md leads nowhere/,
      /a\.md:4 .*has no heading #nothing/,
      /a\.md:5 .*images\/gone\.svg leads nowhere/,
    ],
  },
)

testRule('documents name commands that exist', knownCommands, {
  files: {
    'package.json': JSON.stringify({ name: 'root', scripts: { test: 'a', verify: 'b' } }),
    'packages/fabrique/src/cli/main.ts': "program.command('up').argument('[dir]')\nprogram.command('loop <project>')",
    'README.md': [
      'Run npm run nothing, which is prose.',
      '```sh',
      'npm install && npm test',
      'npm run gone',
      'npx fabrique up examples/iris',
      'fabrique gone',
      '```',
      'or `fabrique loop|status` and `npm start`',
    ].join('\n'),
  },
  wrong: [
    /README\.md:4 .*npm run gone does not exist: package\.json has test, verify/,
    /README\.md:6 .*fabrique gone does not exist: the command line has up, loop/,
    /README\.md:8 .*fabrique status does not exist/,
    /README\.md:8 .*npm start does not exist/,
  ],
})

testRule('each context has a README of at most 60 lines', contextReadmes, {
  files: {
    'packages/server/src/contexts/a/index.ts': '',
    'packages/server/src/contexts/b/index.ts': '',
    'packages/server/src/contexts/b/README.md': 'line\n'.repeat(61),
  },
  wrong: [/a\/README\.md:1 .*is missing/, /b\/README\.md:61 .*has 61 lines/],
})
