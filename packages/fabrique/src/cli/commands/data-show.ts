import { routes } from '@fabrique/contract'
import pc from 'picocolors'
import { apiClient } from '../../client/index.js'
import { describeProfile } from '../describe-profile.js'
import { formatBytes, formatMoment } from '../format.js'
import { terminalLanguage } from '../messages.js'
import { printJson } from '../print-json.js'
import { snapshotMessages } from '../snapshot-messages.js'
import { findSnapshot } from '../snapshot-ref.js'
import { type AskFlags, serverUrl } from './status.js'

/** Prints what a snapshot is and the figures of its columns. */
export async function dataShow(ref: string, flags: AskFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const texts = snapshotMessages(language)
  // The first look at an old snapshot computes its figures.
  const client = apiClient({ url: serverUrl(flags), language, timeoutMs: 600_000 })
  const snapshot = await findSnapshot(client, ref, language)
  const profile = await client.call(routes.getProfile, { params: { snapshot: snapshot.id } })
  if (flags.json === true) return printJson({ snapshot, profile })
  const lines: readonly (readonly [string, string])[] = [
    [texts.snapshot, snapshot.id],
    [texts.dataset, `${snapshot.project}/${snapshot.dataset}`],
    [texts.content, snapshot.content_hash],
    [texts.tags, snapshot.tags.join(', ') || '-'],
    [texts.source, `${snapshot.source.kind} ${snapshot.source.location}`],
    [texts.parts, `${snapshot.parts.length}, ${formatBytes(snapshot.bytes, language)}`],
    [texts.created, formatMoment(snapshot.created_at, language)],
  ]
  const width = Math.max(...lines.map(([name]) => name.length)) + 2
  const head = lines.map(([name, value]) => `${pc.dim(name.padEnd(width))}${value}`).join('\n')
  process.stdout.write(`${head}\n\n${describeProfile(profile, language)}`)
}
