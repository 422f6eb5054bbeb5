import { type FlowArtifact as Artifact, FabriqueError, FlowArtifact, Json } from '@fabrique/contract'
import { z } from 'zod'
import type { FlowArtifacts } from '../sdk/flow-steps.js'
import type { Execution } from './execution.js'
import { byStep, toJsonText } from './json-text.js'

/** The artifacts of a step. Each is checked here, where its code can be told what is wrong, and kept by the worker. */
export function artifactsOf(execution: Execution, step: string): FlowArtifacts {
  const add = async (key: string, content: unknown) => {
    const parsed = FlowArtifact.pick({ key: true, content: true }).safeParse({ key, content })
    if (!parsed.success) {
      const [issue] = parsed.error.issues
      const reason = `${z.core.toDotPath(issue?.path ?? [])}: ${issue?.message ?? ''}`
      throw new FabriqueError('flow_artifact_invalid', { key: String(key), reason })
    }
    await execution.ask({ kind: 'call', method: 'artifact', key, step, content: parsed.data.content })
  }
  return {
    markdown: (key, text) => add(key, { kind: 'markdown', text }),
    table: (key, rows) => add(key, tableOf(rows, step)),
    image: (key, bytes, mediaType = typeOfImage(bytes)) =>
      add(key, { kind: 'image', media_type: mediaType, data_base64: Buffer.from(bytes).toString('base64') }),
    link: (key, url, title) => add(key, { kind: 'link', url, ...(title === undefined ? {} : { title }) }),
  }
}

function tableOf(rows: readonly Readonly<Record<string, unknown>>[], step: string): Artifact['content'] {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const cells = rows.map((row) => columns.map((column) => row[column] ?? null))
  return { kind: 'table', columns, rows: z.array(z.array(Json)).parse(JSON.parse(toJsonText(cells, byStep(step)))) }
}

const signatures: readonly (readonly [type: string, start: readonly number[]])[] = [
  ['image/png', [0x89, 0x50, 0x4e, 0x47]],
  ['image/jpeg', [0xff, 0xd8]],
  ['image/gif', [0x47, 0x49, 0x46]],
  ['image/webp', [0x52, 0x49, 0x46, 0x46]],
]

function typeOfImage(bytes: Uint8Array): string {
  const found = signatures.find(([, start]) => start.every((byte, index) => bytes[index] === byte))
  return found?.[0] ?? 'image/svg+xml'
}
