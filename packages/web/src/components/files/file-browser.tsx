import type { ArtifactEntry } from '@fabrique/contract'
import { type ReactNode, useMemo, useState } from 'react'
import { useI18n } from '../../i18n/use-i18n.jsx'
import type { AppPath } from '../../routing/paths.js'
import { AppLink, type LinkSearch } from '../app-link.jsx'
import { Disclosure } from '../disclosure.jsx'
import { Icon } from '../icon.jsx'
import { type FileActions, FilePanel } from './file-panel.jsx'
import { type FileNode, fileTree } from './file-tree.js'
import './file-browser.css'

interface FileBrowserProps extends FileActions {
  readonly entries: readonly ArtifactEntry[]
  /** Path of the chosen file or folder, as the address says it. */
  readonly wanted: string | undefined
  readonly page: AppPath
  /** What else stands after the `?` of the page. */
  readonly search?: LinkSearch
  readonly label: string
  /** What can be done with a folder, as registering the model in it. */
  readonly folderActions?: (folder: ArtifactEntry) => ReactNode
}

const entriesMax = 2000

/** Files as a tree, and the chosen one beside it. */
export function FileBrowser(props: FileBrowserProps) {
  const { entries, wanted, page, search = {}, label, folderActions, ...actions } = props
  const { t, f } = useI18n()
  const tree = useMemo(() => fileTree(entries.slice(0, entriesMax)), [entries])
  const files = entries.filter(({ is_folder }) => !is_folder)
  const chosen = entries.find(({ path }) => path === wanted)
  const bytes = files.reduce((sum, file) => sum + (file.bytes ?? 0), 0)
  return (
    <div className="files">
      <div className="stack-tight">
        <p className="small muted">{t.files.summary(files.length, f.bytes(bytes))}</p>
        {entries.length > entriesMax && (
          <p className="small muted">{t.common.showingOf(f.integer(entriesMax), f.integer(entries.length))}</p>
        )}
        <nav aria-label={label} className="file-tree">
          <Branch nodes={tree} depth={0} page={page} search={search} wanted={wanted} />
        </nav>
      </div>
      <section className="file-panel" aria-label={chosen?.path ?? label}>
        {wanted !== undefined && chosen === undefined && <p className="tone-warning">{t.files.gone(wanted)}</p>}
        {chosen === undefined ? (
          <p className="muted">{t.run.chooseArtifact}</p>
        ) : (
          <FilePanel key={chosen.path} entry={chosen} {...actions}>
            {chosen.is_folder ? folderActions?.(chosen) : undefined}
          </FilePanel>
        )}
      </section>
    </div>
  )
}

interface BranchProps {
  readonly nodes: readonly FileNode[]
  readonly depth: number
  readonly page: AppPath
  readonly search: LinkSearch
  readonly wanted: string | undefined
}

const openDepth = 2

function Branch({ nodes, ...rest }: BranchProps) {
  return (
    <ul>
      {nodes.map((node) => (
        <li key={node.entry.path}>
          {node.entry.is_folder ? <Folder {...rest} node={node} /> : <FileLink {...rest} node={node} />}
        </li>
      ))}
    </ul>
  )
}

type NodeProps = Omit<BranchProps, 'nodes'> & { readonly node: FileNode }

function FileLink({ node, page, search, wanted }: NodeProps) {
  const { f } = useI18n()
  const { entry, name } = node
  const isChosen = entry.path === wanted
  return (
    <AppLink
      to={page}
      search={{ ...search, path: entry.path }}
      className="file-link"
      aria-current={isChosen ? 'true' : undefined}
      data-current={isChosen || undefined}
    >
      <Icon name={entry.is_folder ? 'folder' : 'file'} size={14} />
      <span className="file-name">{name}</span>
      {entry.bytes !== undefined && <span className="file-size">{f.bytes(entry.bytes)}</span>}
    </AppLink>
  )
}

/** A folder opens by its arrow and is chosen by its name; its content is made when it is opened. */
function Folder(props: NodeProps) {
  const { t } = useI18n()
  const { node, ...rest } = props
  const { depth, wanted } = rest
  const path = node.entry.path
  const [isOpen, setOpen] = useState(depth < openDepth || wanted?.startsWith(`${path}/`) === true)
  return (
    <>
      <div className="file-folder">
        <Disclosure
          isOpen={isOpen}
          label={isOpen ? t.files.closeFolder(node.name) : t.files.openFolder(node.name)}
          onToggle={() => setOpen(!isOpen)}
        />
        <FileLink {...props} />
      </div>
      {isOpen && <Branch {...rest} nodes={node.children} depth={depth + 1} />}
    </>
  )
}
