import { type Language, type LineageGraph, LineageKind, type LineageNode, routes } from '@fabrique/contract'
import pc from 'picocolors'
import { apiClient } from '../../client/index.js'
import { formatCount } from '../format.js'
import { lineageMessages } from '../lineage-messages.js'
import { terminalLanguage } from '../messages.js'
import { printJson } from '../print-json.js'
import { wrongUse } from '../wrong-use.js'
import { type AskFlags, serverUrl } from './status.js'

export interface LineageFlags extends AskFlags {
  readonly direction?: string
  readonly depth?: string
  readonly limit?: string
}

const directions = ['up', 'down', 'both'] as const

/** Shows what something was made from and what it led to, as two trees. */
export async function lineage(kind: string, id: string, flags: LineageFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const texts = lineageMessages(language)
  const known = LineageKind.options.find((option) => option === kind.replaceAll('-', '_'))
  if (known === undefined) throw wrongUse('kind', texts.kindExpected(LineageKind.options.join(', ')))
  const direction = directions.find((option) => option === (flags.direction ?? 'both'))
  if (direction === undefined) throw wrongUse('--direction', texts.kindExpected(directions.join(', ')))
  const client = apiClient({ url: serverUrl(flags), language })
  const graph = await client.call(routes.getLineage, {
    params: { kind: known, id },
    query: {
      direction,
      ...(flags.depth === undefined ? {} : { depth: Number(flags.depth) }),
      ...(flags.limit === undefined ? {} : { limit: Number(flags.limit) }),
    },
  })
  if (flags.json === true) return printJson(graph)
  const [start] = graph.nodes
  if (start === undefined) return
  process.stdout.write(`${describeNode(start, language)}\n`)
  for (const side of direction === 'both' ? (['up', 'down'] as const) : [direction]) {
    process.stdout.write(`${pc.bold(side === 'up' ? texts.before : texts.after)}\n`)
    const lines = treeOf(graph, start, side, language)
    process.stdout.write(lines.length === 0 ? `  ${texts.nothing}\n` : lines.map((line) => `  ${line}\n`).join(''))
  }
  if (!graph.is_complete) process.stdout.write(`${texts.notComplete}\n`)
}

function describeNode({ kind, id, label, is_deleted }: LineageNode, language: Language): string {
  const texts = lineageMessages(language)
  const mark = is_deleted ? ` ${pc.red(`(${texts.deleted})`)}` : ''
  return `${texts.kinds[kind]} ${pc.bold(label)}${mark} ${pc.dim(id)}`
}

const keyOf = ({ kind, id }: { readonly kind: string; readonly id: string }) => `${kind} ${id}`

/** One line for each thing, indented by its distance; what was shown already is not shown again. */
function treeOf(graph: LineageGraph, start: LineageNode, side: 'up' | 'down', language: Language): readonly string[] {
  const texts = lineageMessages(language)
  const nodes = new Map(graph.nodes.map((node) => [keyOf(node), node]))
  const next = new Map<string, { readonly key: string; readonly relation: string }[]>()
  for (const { from, to, relation } of graph.links) {
    const [here, there] = side === 'down' ? [from, to] : [to, from]
    next.set(keyOf(here), [...(next.get(keyOf(here)) ?? []), { key: keyOf(there), relation }])
  }
  const lines: string[] = []
  const shown = new Set([keyOf(start)])
  const visit = (node: LineageNode, depth: number) => {
    const indent = '  '.repeat(depth)
    for (const { key, relation } of next.get(keyOf(node)) ?? []) {
      const found = nodes.get(key)
      if (found === undefined || shown.has(key)) continue
      shown.add(key)
      lines.push(`${indent}${pc.dim(relation)} ${describeNode(found, language)}`)
      visit(found, depth + 1)
    }
    if (node.more[side] > 0) lines.push(`${indent}${pc.dim(texts.more(formatCount(node.more[side], language)))}`)
  }
  visit(start, 0)
  return lines
}
