import type { ArtifactEntry } from '@fabrique/contract'
import { apiPath } from '../../api/client.js'
import { CopyButton } from '../../components/copy-button.jsx'
import { Icon } from '../../components/icon.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { ArtifactImage } from './artifact-image.jsx'
import { ArtifactText } from './artifact-text.jsx'
import { previewKind } from './artifact-tree.js'

const previewBytesMax = 1024 * 1024

/** One file: its size and hash, its download, and what it looks like. */
export function ArtifactPanel({ run, entry }: { readonly run: string; readonly entry: ArtifactEntry }) {
  const { t, f } = useI18n()
  const address = apiPath('downloadArtifact', { run }, { path: entry.path })
  const name = entry.path.split('/').at(-1) ?? entry.path
  const kind = previewKind(entry.path)
  const isTooLarge = (entry.bytes ?? 0) > previewBytesMax
  return (
    <div className="stack">
      <div className="spread">
        <h2 className="artifact-title">{entry.path}</h2>
        <a href={address} download={name} className="download-link">
          <Icon name="download" size={14} />
          {t.common.download}
        </a>
      </div>
      <div className="artifact-facts">
        {entry.bytes !== undefined && <span>{f.bytes(entry.bytes)}</span>}
        {entry.sha256 !== undefined && (
          <span className="row">
            {t.run.hash} <code>{entry.sha256.slice(0, 16)}…</code>
            <CopyButton value={entry.sha256} what={t.run.hash} />
          </span>
        )}
      </div>
      {isTooLarge && <p>{t.run.tooLarge(f.bytes(entry.bytes ?? 0), f.bytes(previewBytesMax))}</p>}
      {!isTooLarge && kind === 'none' && <p className="muted">{t.run.binary}</p>}
      {!isTooLarge && kind === 'image' && <ArtifactImage address={address} path={entry.path} />}
      {!isTooLarge && (kind === 'text' || kind === 'json' || kind === 'table') && (
        <ArtifactText address={address} name={name} kind={kind} />
      )}
    </div>
  )
}
