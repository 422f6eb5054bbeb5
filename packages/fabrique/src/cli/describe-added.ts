import type { FilesAdded, Language } from '@fabrique/contract'
import { formatBytes, formatCount } from './format.js'
import { sharingMessages } from './sharing-messages.js'

/** What adding files gave, in lines. */
export function describeAdded(added: FilesAdded, language: Language): string {
  const texts = sharingMessages(language)
  const count = (value: number) => formatCount(value, language)
  const lines = [
    `${texts.added(added.is_new)} ${added.snapshot_id}  ${added.content_hash.slice(0, 12)}`,
    `  ${texts.files(added.files, formatBytes(added.bytes, language))}; ${texts.read(added.files_read)}`,
  ]
  if (added.left_out_count > 0) {
    const shown = added.left_out.slice(0, 20)
    lines.push(`  ${texts.leftOut(added.left_out_count)}`)
    lines.push(
      ...shown.map((file) => `    ${file.path}  ${language === 'fr' ? (file.reason_fr ?? file.reason) : file.reason}`),
    )
    if (added.left_out_count > shown.length) lines.push(`    ${texts.more(count(added.left_out_count - shown.length))}`)
  }
  return `${lines.join('\n')}\n`
}
