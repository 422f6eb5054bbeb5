import { z } from 'zod'
import { Timestamp } from './common.js'

/** What can stand in the lineage, from the data to what watches the predictions. */
export const LineageKind = z.enum([
  'source',
  'ingest',
  'snapshot',
  'validation',
  'feature_view',
  'training_set',
  'run',
  'model_version',
  'endpoint',
  'drift_report',
])
export type LineageKind = z.infer<typeof LineageKind>

export const LineageNode = z
  .object({
    kind: LineageKind,
    id: z.string(),
    label: z.string().meta({ description: 'For people, as usage.csv or churn 12' }),
    project: z.string().optional(),
    created_at: Timestamp,
    is_deleted: z.boolean().meta({ description: 'It was erased; its place in the lineage stays' }),
    detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    /** Nodes beside it that are not in this graph. */
    more: z.object({ up: z.number().int(), down: z.number().int() }),
  })
  .meta({ id: 'LineageNode' })
export type LineageNode = z.infer<typeof LineageNode>

/** `from` came before: `to` was made from it, or with it. */
export const LineageLink = z
  .object({
    from: z.object({ kind: LineageKind, id: z.string() }),
    to: z.object({ kind: LineageKind, id: z.string() }),
    relation: z.string().meta({ description: 'As read, made, checked, trained, registered, served' }),
    created_at: Timestamp,
  })
  .meta({ id: 'LineageLink' })
export type LineageLink = z.infer<typeof LineageLink>

export const LineageGraph = z
  .object({
    nodes: z.array(LineageNode),
    links: z.array(LineageLink),
    is_complete: z.boolean().meta({ description: 'False where nodes beyond the limit were left out' }),
  })
  .meta({ id: 'LineageGraph' })
export type LineageGraph = z.infer<typeof LineageGraph>

export const LineageQuery = z.object({
  direction: z.enum(['up', 'down', 'both']).default('both'),
  depth: z.coerce.number().int().min(1).max(50).default(20),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
})
