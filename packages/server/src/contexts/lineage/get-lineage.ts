import { FabriqueError, type LineageGraph, LineageKind, LineageQuery } from '@fabrique/contract'
import { z } from 'zod'
import { readVerb, type VerbContext } from '../../platform/index.js'
import {
  countNeighbours,
  type Direction,
  findThing,
  keyOf,
  selectLinks,
  selectNeighbours,
  selectNodes,
} from './graph-store.js'
import type { LineageRef } from './record-lineage.js'

/**
 * What a thing was made from, and what was made from it: step by step outwards, the newest first, up to a depth and a number of
 * things. `both` is what came before and what came after, not the other things made from what came before: those are counted in
 * `more`. Links in a circle are walked once. Throws `lineage_not_found`.
 */
export const getLineage = readVerb({
  name: 'lineage.get_lineage',
  permission: 'lineage.read',
  input: LineageQuery.extend({ kind: z.string().pipe(LineageKind), id: z.string().min(1).max(2000) }),
  async run({ ctx, input }): Promise<LineageGraph> {
    const start = await findThing(ctx, { kind: input.kind, id: input.id })
    if (start === undefined) throw new FabriqueError('lineage_not_found', { kind: input.kind, id: input.id })
    const { shown, isComplete } = await walk(ctx, start, input)
    const nodes = await selectNodes(ctx, shown)
    const links = await selectLinks(ctx, shown)
    const counts = await countNeighbours(ctx, shown)
    const beside = { up: new Map<string, Set<string>>(), down: new Map<string, Set<string>>() }
    const add = (direction: Direction, from: LineageRef, to: LineageRef) => {
      const known = beside[direction].get(keyOf(from)) ?? new Set()
      beside[direction].set(keyOf(from), known.add(keyOf(to)))
    }
    for (const { from, to } of links) {
      add('down', from, to)
      add('up', to, from)
    }
    const hidden = (direction: Direction, ref: LineageRef) =>
      Math.max(0, (counts.get(keyOf(ref))?.[direction] ?? 0) - (beside[direction].get(keyOf(ref))?.size ?? 0))
    return {
      nodes: nodes.map((node) => ({ ...node, more: { up: hidden('up', node), down: hidden('down', node) } })),
      links: [...links],
      is_complete: isComplete,
    }
  },
})

interface Walk {
  readonly direction: Direction
  readonly seen: LineageRef[]
  frontier: readonly LineageRef[]
}

/** Breadth first; up and down take turns, so that a wide past does not hide what came after. */
async function walk(ctx: VerbContext, start: LineageRef, query: z.output<typeof LineageQuery>) {
  const shown = new Map([[keyOf(start), start]])
  const directions: readonly Direction[] = query.direction === 'both' ? ['up', 'down'] : [query.direction]
  const walks: Walk[] = directions.map((direction) => ({ direction, seen: [start], frontier: [start] }))
  let isComplete = true
  for (let step = 0; step <= query.depth; step += 1) {
    for (const one of walks) {
      if (one.frontier.length === 0) continue
      // Beyond the depth, and where there is no room, one more tells that something was left out.
      const room = step === query.depth ? 0 : query.limit - shown.size
      const found = await selectNeighbours(ctx, one.frontier, {
        direction: one.direction,
        known: one.seen,
        count: room + 1,
      })
      const fits: LineageRef[] = []
      const before = shown.size
      for (const ref of found) {
        if (!shown.has(keyOf(ref))) {
          if (shown.size - before === room) {
            isComplete = false
            break
          }
          shown.set(keyOf(ref), ref)
        }
        fits.push(ref)
      }
      one.seen.push(...fits)
      one.frontier = step === query.depth ? [] : fits
    }
  }
  return { shown: [...shown.values()], isComplete }
}
