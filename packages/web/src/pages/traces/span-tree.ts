import type { TraceSpan } from '@fabrique/contract'

export interface SpanRow {
  readonly span: TraceSpan
  readonly depth: number
  readonly childCount: number
}

/**
 * Spans as rows, each below its parent, siblings by start. Children of closed spans are left out; a span whose parent
 * is not there, as one that was not sent, stands at the top.
 */
export function spanRows(spans: readonly TraceSpan[], closed: ReadonlySet<string>): readonly SpanRow[] {
  const known = new Set(spans.map(({ id }) => id))
  const children = new Map<string, TraceSpan[]>()
  for (const span of spans) {
    const parent = span.parent_id !== undefined && known.has(span.parent_id) ? span.parent_id : ''
    children.set(parent, [...(children.get(parent) ?? []), span])
  }
  const rows: SpanRow[] = []
  const added = new Set<string>()
  // A stack of its own: traces may be deeper than the one of the browser.
  const waiting = ordered(children.get('') ?? [])
    .map((span) => ({ span, depth: 0 }))
    .reverse()
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { span, depth } = next
    if (added.has(span.id)) continue
    added.add(span.id)
    const below = children.get(span.id) ?? []
    rows.push({ span, depth, childCount: below.length })
    if (closed.has(span.id)) continue
    for (const child of ordered(below).reverse()) waiting.push({ span: child, depth: depth + 1 })
  }
  return rows
}

const ordered = (spans: readonly TraceSpan[]): TraceSpan[] => [...spans].sort((a, b) => a.offset_ms - b.offset_ms)

/** How long a trace took as its spans tell: the end of the last of them. */
export const lastEnd = (spans: readonly TraceSpan[]): number =>
  spans.reduce((end, { offset_ms, duration_ms }) => Math.max(end, offset_ms + (duration_ms ?? 0)), 0)

/** Where the bar of a span begins and how wide it is, in percent; one that still runs goes on to the end. */
export function spanBar(
  { offset_ms, duration_ms }: TraceSpan,
  end: number,
): { readonly left: number; readonly width: number } {
  if (end <= 0) return { left: 0, width: 100 }
  const left = Math.min(Math.max((offset_ms / end) * 100, 0), 100)
  const width = duration_ms === undefined ? 100 - left : (duration_ms / end) * 100
  return { left, width: Math.min(Math.max(width, 0), 100 - left) }
}

/** Inputs and outputs of a span, and its other attributes by name. */
export function splitAttributes({ attributes }: Pick<TraceSpan, 'attributes'>) {
  const { 'mlflow.spanInputs': inputs, 'mlflow.spanOutputs': outputs, ...rest } = attributes
  return { inputs, outputs, others: Object.entries(rest).sort(([first], [second]) => first.localeCompare(second)) }
}
