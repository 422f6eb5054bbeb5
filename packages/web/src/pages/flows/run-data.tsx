import type { FlowArtifact, FlowRun, Json } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import { apiPath } from '../../api/client.js'
import { DataTable } from '../../components/data-table.jsx'
import { JsonTree } from '../../components/files/json-tree.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { flowQueries } from './flow-queries.js'
import { Markdown } from './markdown.jsx'
import { isWebAddress } from './read-markdown.js'

/** Rows of a table that are drawn. */
const rowsMax = 100

/** What went in, what came out, and what the steps left to be looked at. */
export function RunData({ run }: { readonly run: FlowRun }) {
  const { t } = useI18n()
  const words = t.flows.data
  const query = useQuery(flowQueries.artifacts(run.id))
  return (
    <div className="stack">
      <div className="columns">
        <Value title={words.params} value={run.params} none={words.noParams} />
        <Value title={words.result} value={run.result} none={words.noResult} />
      </div>
      <section className="stack" aria-labelledby="artifacts-title">
        <h2 id="artifacts-title">{words.artifacts}</h2>
        <Load query={query} lines={4}>
          {({ items, left_out: leftOut = 0 }) => (
            <>
              {items.length === 0 && leftOut === 0 && <p className="muted">{words.noArtifacts}</p>}
              {items.map((artifact) => (
                <Artifact key={artifact.key} artifact={artifact} run={run.id} />
              ))}
              {leftOut > 0 && <p className="muted">{words.artifactsLeftOut(leftOut)}</p>}
            </>
          )}
        </Load>
      </section>
    </div>
  )
}

interface ValueProps {
  readonly title: string
  readonly value: Json | undefined
  readonly none: string
}

function Value({ title, value, none }: ValueProps) {
  const isNone = value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0)
  return (
    <section className="stack-tight">
      <h2>{title}</h2>
      {isNone ? <p className="muted">{none}</p> : <JsonTree value={value} />}
    </section>
  )
}

interface ArtifactProps {
  readonly artifact: FlowArtifact
  readonly run: string
}

function Artifact({ artifact: { key, step, at, content }, run }: ArtifactProps) {
  return (
    <article className="panel stack-tight">
      <div className="spread">
        <h3>{key}</h3>
        <p className="small muted">
          {step === undefined ? '' : `${step} · `}
          <Moment at={at} />
        </p>
      </div>
      <Content content={content} name={key} run={run} />
    </article>
  )
}

interface NumberedRow {
  readonly cells: readonly Json[]
  readonly index: number
}

interface ContentProps {
  readonly content: FlowArtifact['content']
  readonly name: string
  readonly run: string
}

function Content({ content, name, run }: ContentProps) {
  const { t, f, language } = useI18n()
  switch (content.kind) {
    case 'markdown':
      return <Markdown text={content.text} />
    case 'link':
      return isWebAddress(content.url) ? (
        <p>
          <a href={content.url} target="_blank" rel="noreferrer noopener">
            {content.title ?? content.url}
          </a>
        </p>
      ) : (
        <code>{content.url}</code>
      )
    case 'files':
      return (
        <>
          <p>{language === 'fr' ? (content.title_fr ?? content.title) : content.title}</p>
          <ul className="row">
            {content.files.map(({ name: file, bytes }) => (
              <li key={file}>
                <a href={apiPath('downloadFlowFile', { flow_run: run, key: name, file })} download={file}>
                  {file}
                </a>{' '}
                <span className="small muted">{f.bytes(bytes)}</span>
              </li>
            ))}
          </ul>
        </>
      )
    case 'image':
      return <Picture content={content} name={name} />
    case 'table': {
      const rows = content.rows.slice(0, rowsMax).map((cells, index) => ({ cells, index }))
      return (
        <>
          <DataTable
            label={name}
            rows={rows}
            rowKey={({ index }: NumberedRow) => String(index)}
            columns={content.columns.map((column, at) => ({
              id: `${at} ${column}`,
              header: column,
              isNumber: rows.length > 0 && rows.every(({ cells }) => typeof cells[at] === 'number'),
              render: ({ cells }: NumberedRow) => cellText(cells[at], f.metric),
            }))}
          />
          {content.rows.length > rowsMax && (
            <p className="small muted">{t.common.showingOf(f.integer(rowsMax), f.integer(content.rows.length))}</p>
          )}
        </>
      )
    }
  }
}

const pictures = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif', 'image/svg+xml'])

/** As an address of data in an image, a picture runs nothing, whatever is in it. */
function Picture({
  content: { media_type: type, data_base64: data },
  name,
}: {
  readonly content: Extract<FlowArtifact['content'], { kind: 'image' }>
  readonly name: string
}) {
  if (!pictures.has(type)) return <code>{type}</code>
  return <img className="flow-picture" src={`data:${type};base64,${data}`} alt={name} />
}

function cellText(value: Json | undefined, number: (value: number) => string): string {
  if (value === undefined || value === null) return '–'
  if (typeof value === 'number') return number(value)
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
