import { parseAst } from 'vitest/node'
import type { Finding, SourceFile } from './tree.js'
import { lineOf } from './tree.js'

/** A node of the syntax tree, in the form of ESTree with TypeScript. Members other than these depend on the type. */
export interface SyntaxNode {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [member: string]: unknown
}

const parsed = new WeakMap<SourceFile, SyntaxNode>()

const languages: Readonly<Record<string, 'ts' | 'tsx' | 'js'>> = { ts: 'ts', tsx: 'tsx', mjs: 'js', js: 'js' }

function languageOf(path: string): 'ts' | 'tsx' | 'js' | undefined {
  return languages[path.slice(path.lastIndexOf('.') + 1)]
}

/** True for files that `syntaxOf` reads. */
export function isScript({ path }: SourceFile): boolean {
  return languageOf(path) !== undefined
}

/** True for a test, its support files and its settings: what never runs for a user. */
export function isTestFile({ path }: SourceFile): boolean {
  return /\.test\.tsx?$|(?:^|\/)test\//.test(path)
}

/** The syntax tree of a file, parsed once. */
export function syntaxOf(file: SourceFile): SyntaxNode {
  const known = parsed.get(file)
  if (known !== undefined) return known
  const tree: unknown = parseAst(file.text, { lang: languageOf(file.path) ?? 'ts' })
  const program = tree as SyntaxNode
  parsed.set(file, program)
  return program
}

/** A node, or undefined when the value is anything else. */
export function asNode(value: unknown): SyntaxNode | undefined {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
    ? (value as SyntaxNode)
    : undefined
}

/** The nodes of a list. */
export function asNodes(value: unknown): readonly SyntaxNode[] {
  return Array.isArray(value) ? value.flatMap((item) => asNode(item) ?? []) : []
}

/**
 * Visits a node and everything in it. `path` holds the nodes around it, outermost first; it changes as the visit goes on.
 */
export function visit(
  node: SyntaxNode,
  visitor: (node: SyntaxNode, path: readonly SyntaxNode[]) => void,
  path: SyntaxNode[] = [],
): void {
  visitor(node, path)
  path.push(node)
  for (const member in node) {
    const value = node[member]
    if (value === null || typeof value !== 'object') continue
    if (Array.isArray(value)) {
      for (const item of value) {
        const child = asNode(item)
        if (child !== undefined) visit(child, visitor, path)
      }
    } else {
      const child = asNode(value)
      if (child !== undefined) visit(child, visitor, path)
    }
  }
  path.pop()
}

/** The text of a string literal, or of a template without values. */
export function stringOf(value: unknown): string | undefined {
  const node = asNode(value)
  if (node?.type === 'Literal' && typeof node.value === 'string') return node.value
  if (node?.type === 'TemplateLiteral' && asNodes(node.expressions).length === 0) {
    const [quasi] = asNodes(node.quasis)
    const cooked = quasi?.value as { readonly cooked?: string } | undefined
    return cooked?.cooked
  }
  return undefined
}

/** The name of an identifier. */
export function nameOf(value: unknown): string | undefined {
  const node = asNode(value)
  return node?.type === 'Identifier' && typeof node.name === 'string' ? node.name : undefined
}

/** `object.member` as text, where both are plain names. */
export function memberOf(value: unknown): string | undefined {
  const node = asNode(value)
  if (node?.type !== 'MemberExpression') return undefined
  const object = nameOf(node.object)
  const member = node.computed === true ? stringOf(node.property) : nameOf(node.property)
  return object === undefined || member === undefined ? undefined : `${object}.${member}`
}

/** One import, export from, dynamic import or import type of a file. */
export interface ImportOf {
  readonly specifier: string
  readonly start: number
  /** False for types, and for what is loaded when a call comes to it. */
  readonly isLoaded: boolean
}

const importTypes = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
])

const imports = new WeakMap<SourceFile, readonly ImportOf[]>()

/** Everything a file imports, types included. */
export function importsOf(file: SourceFile): readonly ImportOf[] {
  const known = imports.get(file)
  if (known !== undefined) return known
  const found: ImportOf[] = []
  imports.set(file, found)
  visit(syntaxOf(file), (node) => {
    if (!importTypes.has(node.type)) return
    const specifier = stringOf(node.source)
    if (specifier === undefined) return
    const isType = node.importKind === 'type' || node.exportKind === 'type' || node.type === 'TSImportType'
    found.push({ specifier, start: node.start, isLoaded: !isType && node.type !== 'ImportExpression' })
  })
  return found
}

/** Every string in a file, for names that are used as data. */
export function stringsOf(file: SourceFile): ReadonlySet<string> {
  const found = new Set<string>()
  visit(syntaxOf(file), (node) => {
    const text = stringOf(node)
    if (text !== undefined) found.add(text)
  })
  return found
}

/** A finding at a node of a file. */
export function findingAt(file: SourceFile, node: { readonly start: number }, message: string): Finding {
  return { path: file.path, line: lineOf(file.text, node.start), message }
}
