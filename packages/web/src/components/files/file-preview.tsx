import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { send } from '../../api/client.js'
import { queries } from '../../api/queries.js'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { DataTable } from '../data-table.jsx'
import { Load } from '../load.jsx'
import { ScrollRegion } from '../scroll-region.jsx'
import { imageTypes, type PreviewKind } from './file-tree.js'
import { JsonTree } from './json-tree.jsx'
import { ModelFileView } from './model-file-view.jsx'
import { PlainText } from './plain-text.jsx'
import { quietPage } from './quiet-page.js'
import { type PreviewTable, readLoggedTable, readSeparated } from './read-table.js'

const previewBytesMax = 1024 * 1024
const imageBytesMax = 16 * 1024 * 1024
const rowsMax = 200

interface FilePreviewProps {
  readonly address: string
  readonly name: string
  readonly kind: PreviewKind
  readonly bytes: number
}

/** What a file looks like, in the form that suits it; of a large one, its first megabyte when asked. */
export function FilePreview({ address, name, kind, bytes }: FilePreviewProps) {
  const { t, f } = useI18n()
  const [wantsBeginning, setWantsBeginning] = useState(false)
  const limit = kind === 'image' ? imageBytesMax : previewBytesMax
  if (kind === 'none' && !wantsBeginning)
    return (
      <div className="stack-tight">
        <p className="muted">{t.run.binary}</p>
        <div>
          <Button variant="default" onClick={() => setWantsBeginning(true)}>
            {t.files.asText}
          </Button>
        </div>
      </div>
    )
  if (bytes > limit && !wantsBeginning)
    return (
      <div className="stack-tight">
        <p>{t.run.tooLarge(f.bytes(bytes), f.bytes(limit))}</p>
        {kind !== 'image' && (
          <div>
            <Button variant="default" onClick={() => setWantsBeginning(true)}>
              {t.files.firstPart(f.bytes(previewBytesMax))}
            </Button>
          </div>
        )}
      </div>
    )
  if (kind === 'image') return <ImagePreview address={address} name={name} />
  return <TextPreview address={address} name={name} kind={kind} bytes={bytes} />
}

function TextPreview({ address, name, kind, bytes }: FilePreviewProps) {
  const { t, f } = useI18n()
  const query = useQuery(queries.artifactText(address, bytes, previewBytesMax))
  const isWhole = bytes <= previewBytesMax
  return (
    <Load query={query}>
      {(text) => (
        <>
          {!isWhole && <p className="tone-warning">{t.files.beginning(f.bytes(previewBytesMax), f.bytes(bytes))}</p>}
          <TextView text={text} name={name} kind={kind} isWhole={isWhole} />
        </>
      )}
    </Load>
  )
}

interface TextViewProps {
  readonly text: string
  readonly name: string
  readonly kind: PreviewKind
  readonly isWhole: boolean
}

function TextView({ text, name, kind, isWhole }: TextViewProps) {
  if (kind === 'csv' || kind === 'tsv')
    return (
      <RowsView
        table={readSeparated(text, kind === 'csv' ? ',' : '\t', rowsMax, isWhole)}
        name={name}
        isWhole={isWhole}
      />
    )
  if (kind === 'json' && isWhole) return <JsonView text={text} name={name} />
  if (kind === 'html' && isWhole) return <HtmlView text={text} name={name} />
  if (kind === 'model') return <ModelFileView text={text} name={name} />
  return <PlainText text={text} name={name} />
}

function JsonView({ text, name }: { readonly text: string; readonly name: string }) {
  const { t } = useI18n()
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return (
      <>
        <p className="muted">{t.run.notJson}</p>
        <PlainText text={text} name={name} />
      </>
    )
  }
  const table = readLoggedTable(value, rowsMax)
  if (table !== undefined) return <RowsView table={table} name={name} isWhole />
  return (
    <ScrollRegion label={t.run.previewOf(name)} className="file-text">
      <JsonTree value={value} />
    </ScrollRegion>
  )
}

function RowsView({
  table,
  name,
  isWhole,
}: {
  readonly table: PreviewTable
  readonly name: string
  readonly isWhole: boolean
}) {
  const { t, f } = useI18n()
  const rows = table.rows.map((cells, index) => ({ cells, key: String(index) }))
  const isPart = table.total > rows.length
  return (
    <>
      <p className="small muted">
        {isPart && isWhole && t.run.firstRows(f.integer(rows.length), f.integer(table.total))}
        {isPart && !isWhole && t.files.firstRowsOnly(f.integer(rows.length))}
        {!isPart && `${t.common.rows(table.total)}, ${t.common.columns(table.header.length)}`}
      </p>
      <DataTable<(typeof rows)[number]>
        label={t.run.previewOf(name)}
        rows={rows}
        rowKey={({ key }) => key}
        columns={table.header.map((label, index) => ({
          id: `${index}`,
          header: label,
          isNumber: table.rows.every((row) => row[index] === '' || Number.isFinite(Number(row[index]))),
          render: ({ cells }) => <span className="file-cell">{cells[index] ?? ''}</span>,
        }))}
      />
    </>
  )
}

/** Foreign markup in a frame that may do nothing: no scripts, no forms, another origin, nothing loaded from outside. */
function HtmlView({ text, name }: { readonly text: string; readonly name: string }) {
  const { t } = useI18n()
  const [asSource, setAsSource] = useState(false)
  return (
    <div className="stack-tight">
      <div className="spread">
        <p className="small muted">{t.files.htmlNote}</p>
        <Button variant="default" aria-pressed={asSource} onClick={() => setAsSource(!asSource)}>
          {t.files.source}
        </Button>
      </div>
      {asSource ? (
        <PlainText text={text} name={name} />
      ) : (
        <iframe className="file-frame" title={t.run.previewOf(name)} sandbox="" srcDoc={quietPage(text)} />
      )}
    </div>
  )
}

/** An image, as the server sends it as plain bytes: a picture cannot run anything, whatever it holds. */
function ImagePreview({ address, name }: { readonly address: string; readonly name: string }) {
  const { t } = useI18n()
  const type = imageTypes[name.split('.').at(-1)?.toLowerCase() ?? ''] ?? 'image/png'
  const query = useQuery({
    queryKey: ['artifact', address, 'image'],
    queryFn: async ({ signal }) => new Blob([await (await send(address, { signal })).arrayBuffer()], { type }),
  })
  return <Load query={query}>{(blob) => <Picture blob={blob} label={t.run.previewOf(name)} />}</Load>
}

function Picture({ blob, label }: { readonly blob: Blob; readonly label: string }) {
  const { t, f } = useI18n()
  const [source, setSource] = useState<string>()
  const [size, setSize] = useState<readonly [number, number]>()
  const [isBroken, setBroken] = useState(false)
  useEffect(() => {
    const address = URL.createObjectURL(blob)
    setSource(address)
    return () => URL.revokeObjectURL(address)
  }, [blob])
  if (isBroken) return <p className="tone-warning">{t.files.notImage}</p>
  return source === undefined ? null : (
    <figure className="stack-tight">
      <img
        className="file-image"
        src={source}
        alt={label}
        onLoad={({ currentTarget }) => setSize([currentTarget.naturalWidth, currentTarget.naturalHeight])}
        onError={() => setBroken(true)}
      />
      {size !== undefined && (
        <figcaption className="small muted">{`${f.integer(size[0])} × ${f.integer(size[1])} px`}</figcaption>
      )}
    </figure>
  )
}
