import type { ArtifactEntry } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { ConfirmDialog } from '../confirm-dialog.jsx'
import { CopyButton } from '../copy-button.jsx'
import { Icon } from '../icon.jsx'
import { FilePreview } from './file-preview.jsx'
import { previewKind } from './file-tree.js'

/** What can be done with the files of a run or of a version. */
export interface FileActions {
  /** Where this server sends the bytes of a file. */
  readonly addressOf: (path: string) => string
  /** What MLflow clients call the file, as `runs:/…/model`. */
  readonly uriOf: (path: string) => string
  /** Absent where the files must not change. */
  readonly onDelete?: (path: string) => Promise<unknown>
}

/** One file or folder: its size and hash, what can be done with it, and what it looks like. */
export function FilePanel(props: FileActions & { readonly entry: ArtifactEntry; readonly children?: ReactNode }) {
  const { entry, addressOf, uriOf, onDelete, children } = props
  const { t, f } = useI18n()
  const name = entry.path.split('/').at(-1) ?? entry.path
  return (
    <div className="stack">
      <div className="spread">
        <h2 className="file-title">{entry.path}</h2>
        <div className="row">
          {children}
          {!entry.is_folder && (
            <a href={addressOf(entry.path)} download={name} className="button-link">
              <Icon name="download" size={14} />
              {t.common.download}
            </a>
          )}
          {onDelete !== undefined && <DeleteFile entry={entry} name={name} onDelete={onDelete} />}
        </div>
      </div>
      <div className="file-facts">
        {entry.bytes !== undefined && <span>{f.bytes(entry.bytes)}</span>}
        {entry.sha256 !== undefined && (
          <span className="row">
            {t.run.hash} <code title={entry.sha256}>{entry.sha256.slice(0, 16)}…</code>
            <CopyButton value={entry.sha256} what={t.run.hash} />
          </span>
        )}
        <span className="row file-uri">
          <code>{uriOf(entry.path)}</code>
          <CopyButton value={uriOf(entry.path)} what={t.files.uri} />
        </span>
      </div>
      {!entry.is_folder && (
        <FilePreview
          address={addressOf(entry.path)}
          name={name}
          kind={previewKind(entry.path)}
          bytes={entry.bytes ?? 0}
        />
      )}
    </div>
  )
}

interface DeleteFileProps {
  readonly entry: ArtifactEntry
  readonly name: string
  readonly onDelete: (path: string) => Promise<unknown>
}

function DeleteFile({ entry, name, onDelete }: DeleteFileProps) {
  const { t } = useI18n()
  const [isAsking, setAsking] = useState(false)
  const [state, setState] = useState<{ readonly isPending: boolean; readonly error?: unknown }>({ isPending: false })
  const remove = () => {
    setState({ isPending: true })
    onDelete(entry.path).then(
      () => setAsking(false),
      (error: unknown) => setState({ isPending: false, error }),
    )
  }
  return (
    <>
      <Button variant="default" leftSection={<Icon name="trash" size={14} />} onClick={() => setAsking(true)}>
        {t.edit.remove}
      </Button>
      {isAsking && (
        <ConfirmDialog
          title={t.files.deleteTitle(name)}
          confirmLabel={t.edit.deleteForGood}
          mustType={name}
          isDangerous
          isPending={state.isPending}
          error={state.error}
          onConfirm={remove}
          onClose={() => setAsking(false)}
        >
          <p>{entry.is_folder ? t.files.deleteFolderText(entry.path) : t.files.deleteText(entry.path)}</p>
        </ConfirmDialog>
      )}
    </>
  )
}
