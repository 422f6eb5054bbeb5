import {
  asNode,
  asNodes,
  findingAt,
  importsOf,
  isScript,
  isTestFile,
  memberOf,
  nameOf,
  type SyntaxNode,
  stringOf,
  syntaxOf,
  visit,
} from './syntax.js'
import { type Finding, lineOf, type Rule, type SourceFile } from './tree.js'

const pure = /^packages\/(?:ml|contract)\/src\/|^packages\/server\/src\/(?:kernel|platform|contexts)\//
const quiet = /^packages\/(?:server|ml|contract|web)\/src\//

/** Members that read the clock, the environment or chance, and what stands in for them below `app`. */
const impureMembers: Readonly<Record<string, string>> = {
  'Date.now': 'take a Clock and call now()',
  'performance.now': 'take a Clock and call monotonicMs()',
  'process.hrtime': 'take a Clock and call monotonicMs()',
  'Math.random': 'take Ids, or a seeded generator of @fabrique/ml',
  'process.env': 'take the value as an argument; app reads the configuration',
  'crypto.randomUUID': 'take Ids',
  'crypto.randomBytes': 'take Ids',
  'crypto.randomInt': 'take Ids, or a seeded generator of @fabrique/ml',
  'crypto.getRandomValues': 'take Ids',
}
const impureImports = /^(?:random(?:Bytes|UUID|Int|Fill|FillSync)|getRandomValues|webcrypto|hrtime|env|performance)$/
const impureModules = new Set(['node:crypto', 'crypto', 'node:process', 'process', 'node:perf_hooks'])

/** Below `app`, and in the pure packages, nothing reads the clock, the environment or chance. */
export const noHiddenInputs: Rule = (files) =>
  files
    .filter((file) => isScript(file) && pure.test(file.path) && !isTestFile(file))
    .flatMap((file) => {
      const found: Finding[] = []
      visit(syntaxOf(file), (node) => {
        const message = hiddenInput(node)
        if (message !== undefined) found.push(findingAt(file, node, message))
      })
      return found
    })

function hiddenInput(node: SyntaxNode): string | undefined {
  const isDate = nameOf(node.callee) === 'Date'
  if (isDate && node.type === 'NewExpression' && asNodes(node.arguments).length === 0) {
    return 'new Date() reads the clock: take a Clock and call now()'
  }
  if (isDate && node.type === 'CallExpression') return 'Date() reads the clock: take a Clock and call now()'
  const member = memberOf(node)
  const instead = member === undefined ? undefined : impureMembers[member]
  if (instead !== undefined) return `${member} is not allowed here: ${instead}`
  if (node.type !== 'ImportDeclaration' || !impureModules.has(stringOf(node.source) ?? '')) return undefined
  const names = asNodes(node.specifiers).map(({ imported }) => nameOf(imported) ?? '')
  const name = names.find((candidate) => impureImports.test(candidate))
  return name === undefined ? undefined : `${name} of ${stringOf(node.source)} is not allowed here: take Clock or Ids`
}

/** The server, the pages and the pure packages do not print: the server has a log, the pages show. */
export const noConsole: Rule = (files) =>
  files
    .filter((file) => isScript(file) && quiet.test(file.path))
    .flatMap((file) => {
      const found: Finding[] = []
      visit(syntaxOf(file), (node) => {
        const member = memberOf(node)
        if (member?.startsWith('console.')) found.push(findingAt(file, node, `${member} prints: use ctx.log, or throw`))
      })
      return found
    })

const catchAllFolder = /(?:^|\/)(utils?|helpers?|common|shared|misc)\//i

/** No folder has a name that anything fits in. */
export const noCatchAllFolders: Rule = (files) =>
  files.flatMap(({ path }) => {
    const name = catchAllFolder.exec(path)?.[1]
    if (name === undefined) return []
    return [
      { path, line: 1, message: `folder ${name} says nothing: put the file beside its user, or name what it is about` },
    ]
  })

const mayExportDefault = /(?:^|\/)[\w.-]+\.config\.ts$|^examples\/|\.d\.ts$/

/** Exports have names. Tools that want a default export (`*.config.ts`) get one. */
export const noDefaultExports: Rule = (files) =>
  files
    .filter((file) => isScript(file) && !mayExportDefault.test(file.path))
    .flatMap((file) => {
      const found: Finding[] = []
      visit(syntaxOf(file), (node) => {
        const isDefault =
          node.type === 'ExportDefaultDeclaration' ||
          (node.type === 'ExportSpecifier' && nameOf(node.exported) === 'default')
        if (isDefault) found.push(findingAt(file, node, 'default export: give it a name'))
      })
      return found
    })

/** Casts through `unknown` that are allowed, by `path > function or constant`, with the guarantee that makes them true. */
export const allowedCasts: Readonly<Record<string, string>> = {
  'packages/web/src/routing/paths.ts > paths': 'one builder is made for each pattern in the line above',
}

/** No `any`, and no cast through `unknown` but those with a known guarantee. */
export const noLooseTypes: Rule = (files) =>
  files
    .filter((file) => /\.tsx?$/.test(file.path) && !isTestFile(file))
    .flatMap((file) => {
      const found: Finding[] = []
      visit(syntaxOf(file), (node, path) => {
        if (node.type === 'TSAnyKeyword') {
          found.push(findingAt(file, node, 'any switches the types off: name the type, or take unknown and check it'))
        }
        if (!isDoubleCast(node)) return
        const owner = ownerOf(path)
        if (allowedCasts[`${file.path} > ${owner}`] !== undefined) return
        const advice =
          'declare the read form, or move it into a named function that states the guarantee and allow that'
        found.push(findingAt(file, node, `as unknown as in ${owner}: ${advice}`))
      })
      return found
    })

function isDoubleCast(node: SyntaxNode): boolean {
  if (node.type !== 'TSAsExpression') return false
  const inner = asNode(node.expression)
  return inner?.type === 'TSAsExpression' && asNode(inner.typeAnnotation)?.type === 'TSUnknownKeyword'
}

/** The outermost named function or constant around a node. */
function ownerOf(path: readonly SyntaxNode[]): string {
  for (const node of path) {
    if (node.type === 'FunctionDeclaration' || node.type === 'VariableDeclarator' || node.type === 'ClassDeclaration') {
      return nameOf(node.id) ?? '(pattern)'
    }
  }
  return '(file)'
}

/** Entries of `allowedCasts` that no cast needs any more. */
export const allowedCastsAreNeeded: Rule = (files) => {
  const needed = new Set<string>()
  for (const file of files.filter(({ path }) => /\.tsx?$/.test(path))) {
    visit(syntaxOf(file), (node, path) => {
      if (isDoubleCast(node)) needed.add(`${file.path} > ${ownerOf(path)}`)
    })
  }
  return Object.keys(allowedCasts)
    .filter((entry) => !needed.has(entry))
    .map((entry) => ({
      path: 'test/tidy/code-rules.ts',
      line: 1,
      message: `${entry} has no cast: remove it from allowedCasts`,
    }))
}

const contextFile = /^packages\/server\/src\/contexts\/([^/]+)\//
const verbMakers = new Set(['changeVerb', 'readVerb', 'taskVerb'])

interface VerbOf {
  readonly file: SourceFile
  readonly call: SyntaxNode
  readonly name: string
  /** The constant that holds the verb. */
  readonly constant: string | undefined
}

function verbsOf(file: SourceFile): readonly VerbOf[] {
  const found: VerbOf[] = []
  visit(syntaxOf(file), (call, path) => {
    if (call.type !== 'CallExpression' || !verbMakers.has(nameOf(call.callee) ?? '')) return
    const spec = asNodes(call.arguments)[0]
    const property = asNodes(spec?.properties).find(({ key }) => nameOf(key) === 'name')
    const around = path.at(-1)
    const constant = around?.type === 'VariableDeclarator' ? nameOf(around.id) : undefined
    found.push({ file, call, name: stringOf(property?.value) ?? '', constant })
  })
  return found
}

/** Verbs have unique names `context.verb_name`: the audit trail and permissions are read by them. */
export const verbNames: Rule = (files) => {
  const seen = new Map<string, VerbOf>()
  const found: Finding[] = []
  for (const file of files.filter((candidate) => isScript(candidate) && !isTestFile(candidate))) {
    const context = contextFile.exec(file.path)?.[1]
    if (context === undefined) continue
    for (const verb of verbsOf(file)) {
      const say = (message: string) => found.push(findingAt(file, verb.call, message))
      if (!/^[a-z][a-z0-9]*\.[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/.test(verb.name)) {
        say(`verb name "${verb.name}" is not of the form ${context}.verb_name`)
        continue
      }
      if (!verb.name.startsWith(`${context}.`)) say(`verb ${verb.name} stands in ${context}: name it ${context}.…`)
      const snake = verb.constant?.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
      if (snake !== undefined && verb.name.split('.')[1] !== snake) {
        say(`verb ${verb.name} is the constant ${verb.constant}: name it ${context}.${snake}`)
      }
      const other = seen.get(verb.name)
      if (other !== undefined) {
        say(`verb ${verb.name} exists already at ${other.file.path}:${lineOf(other.file.text, other.call.start)}`)
      }
      seen.set(verb.name, verb)
    }
  }
  return found
}

const writes = new Set(['insertInto', 'updateTable', 'deleteFrom'])

/**
 * What reads does not write: no statement that writes stands in a `readVerb` or a `taskVerb`. Functions that write outside
 * of any verb cannot be judged by their text: they may be called by change verbs alone.
 */
export const writesInChangeVerbs: Rule = (files) => {
  const found: Finding[] = []
  for (const file of files.filter((candidate) => isScript(candidate) && !isTestFile(candidate))) {
    if (!contextFile.test(file.path)) continue
    visit(syntaxOf(file), (node, path) => {
      const callee = asNode(node.callee)
      const method = callee?.type === 'MemberExpression' ? nameOf(callee.property) : undefined
      if (node.type !== 'CallExpression' || method === undefined || !writes.has(method)) return
      const reader = path.find((outer) => outer.type === 'CallExpression' && nameOf(outer.callee) === 'readVerb')
      if (reader !== undefined) found.push(findingAt(file, node, `${method} in a readVerb: make it a changeVerb`))
      const task = path.find((outer) => outer.type === 'CallExpression' && nameOf(outer.callee) === 'taskVerb')
      if (task !== undefined) found.push(findingAt(file, node, `${method} in a taskVerb: call a changeVerb from it`))
    })
  }
  return found
}

/** Files that hold a module of the test runner must not be reached from what users run. */
export const noTestCodeInSources: Rule = (files) =>
  files
    .filter((file) => isScript(file) && /^packages\/[^/]+\/src\//.test(file.path) && !isTestFile(file))
    .flatMap((file) =>
      importsOf(file).flatMap((imported) =>
        /\.test\.js$|\/test\/|^vitest(?:\/|$)/.test(imported.specifier)
          ? [
              findingAt(
                file,
                imported,
                `imports ${imported.specifier}, which is test code: move what is needed into src`,
              ),
            ]
          : [],
      ),
    )

/** Where streamed results are asked whether they are whole. */
const streamReaders = new Set([
  'packages/server/src/platform/duckdb/read-chunks.ts',
  'packages/server/src/contexts/datasets/snapshots/query-sandbox.ts',
])

/** A statement that fails on the way ends its stream as if all rows had come. */
export const wholeStreams: Rule = (files) =>
  files
    .filter(isScript)
    .filter(({ path }) => path.startsWith('packages/server/src/') && !streamReaders.has(path))
    .flatMap((file) => {
      const found: Finding[] = []
      visit(syntaxOf(file), (node) => {
        if (node.type !== 'CallExpression') return
        const callee = asNode(node.callee)
        const isStream = callee?.type === 'MemberExpression' && nameOf(callee.property) === 'stream'
        const of = isStream ? asNode(callee.object) : undefined
        if (nameOf(of?.type === 'MemberExpression' ? of.property : of) !== 'connection') return
        found.push(findingAt(file, node, 'ends without an error where the statement fails: use readChunks'))
      })
      return found
    })

/** What vitest.config.ts gives a test, and a poll in it: it bounds waiting for what never comes. */
const testPatienceMs = 480_000
const pollPatienceMs = 240_000
const testMakers = new Set(['test', 'it', 'describe', 'beforeAll', 'beforeEach', 'afterAll', 'afterEach'])

/** Tests wait as long as the projects let them: a time of their own fails them on a machine that is slow. */
export const patientTests: Rule = (files) =>
  files
    .filter((file) => isScript(file) && isTestFile(file) && importsOf(file).some(isOfVitest))
    .flatMap((file) => {
      const found: Finding[] = []
      visit(syntaxOf(file), (node) => {
        const message = impatience(node)
        if (message !== undefined) found.push(findingAt(file, node, message))
      })
      return found
    })

const isOfVitest = ({ specifier }: { readonly specifier: string }) => specifier === 'vitest'

function impatience(node: SyntaxNode): string | undefined {
  if (node.type === 'Property' && nameOf(node.key) === 'timeout' && isShort(node.value, pollPatienceMs))
    return 'timeout is shorter than that of vitest.config.ts: leave it out'
  if (node.type !== 'CallExpression') return undefined
  const member = memberOf(node.callee)
  if (member === 'vi.waitFor' || member === 'vi.waitUntil')
    return `${member} gives up after a second: use expect.poll, or outside of tests pollUntil with realClock`
  const [first, ...others] = asNodes(node.arguments)
  const isOwn = testMakers.has(rootOf(node.callee) ?? '') && first !== undefined
  return isOwn && isShort(others.at(-1), testPatienceMs)
    ? 'a time of its own, shorter than that of vitest.config.ts: leave it out'
    : undefined
}

function isShort(value: unknown, patienceMs: number): boolean {
  const node = asNode(value)
  return node?.type === 'Literal' && typeof node.value === 'number' && node.value < patienceMs
}

/** The name that a chain of calls and members begins with, as `test` of `test.each(rows)`. */
function rootOf(value: unknown): string | undefined {
  const node = asNode(value)
  if (node?.type === 'CallExpression') return rootOf(node.callee)
  if (node?.type === 'TaggedTemplateExpression') return rootOf(node.tag)
  return node?.type === 'MemberExpression' ? rootOf(node.object) : nameOf(node)
}
