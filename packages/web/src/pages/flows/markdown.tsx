import { type ReactNode, useMemo } from 'react'
import { ScrollRegion } from '../../components/scroll-region.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { type Block, type Inline, readMarkdown } from './read-markdown.js'
import '../../components/data-table.css'

/** Markdown as elements: HTML in it is shown as text, and links lead to the web only. */
export function Markdown({ text }: { readonly text: string }) {
  const blocks = useMemo(() => readMarkdown(text), [text])
  return (
    <div className="markdown">
      <Blocks blocks={blocks} />
    </div>
  )
}

// biome-ignore-start lint/suspicious/noArrayIndexKey: the parts of a text have no names, and a text that changed is drawn anew
function Blocks({ blocks }: { readonly blocks: readonly Block[] }) {
  return blocks.map((block, index) => <BlockView key={index} block={block} />)
}

function BlockView({ block }: { readonly block: Block }) {
  const { t } = useI18n()
  switch (block.kind) {
    case 'heading': {
      // Below the headings of the page.
      const Heading = block.level <= 1 ? 'h4' : block.level === 2 ? 'h5' : 'h6'
      return (
        <Heading>
          <Parts parts={block.text} />
        </Heading>
      )
    }
    case 'paragraph':
      return (
        <p>
          <Parts parts={block.text} />
        </p>
      )
    case 'list': {
      const List = block.isOrdered ? 'ol' : 'ul'
      return (
        <List>
          {block.items.map((item, index) => (
            <li key={index}>
              <Item blocks={item} />
            </li>
          ))}
        </List>
      )
    }
    case 'quote':
      return (
        <blockquote>
          <Blocks blocks={block.blocks} />
        </blockquote>
      )
    case 'code':
      return (
        <ScrollRegion label={t.flows.data.code} className="flow-stack">
          <pre>
            <code>{block.text}</code>
          </pre>
        </ScrollRegion>
      )
    case 'table':
      return (
        <ScrollRegion label={t.flows.data.table} className="table-region">
          <table>
            <thead>
              <tr>
                {block.head.map((cell, index) => (
                  <th key={index} scope="col">
                    <Parts parts={cell} />
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {block.rows.map((row, index) => (
                <tr key={index}>
                  {block.head.map((_, at) => (
                    <td key={at}>
                      <Parts parts={row[at] ?? []} />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollRegion>
      )
    case 'rule':
      return <hr />
  }
}

/** An item that is one paragraph is its text. */
function Item({ blocks }: { readonly blocks: readonly Block[] }) {
  const [first, ...rest] = blocks
  if (first?.kind !== 'paragraph') return <Blocks blocks={blocks} />
  return (
    <>
      <Parts parts={first.text} />
      <Blocks blocks={rest} />
    </>
  )
}

function Parts({ parts }: { readonly parts: readonly Inline[] }): ReactNode {
  return parts.map((part, index) => <Part key={index} part={part} />)
}
// biome-ignore-end lint/suspicious/noArrayIndexKey: see above

function Part({ part }: { readonly part: Inline }) {
  switch (part.kind) {
    case 'text':
      return part.text
    case 'code':
      return <code>{part.text}</code>
    case 'break':
      return <br />
    case 'link':
      return (
        <a href={part.to} target="_blank" rel="noreferrer noopener">
          <Parts parts={part.parts} />
        </a>
      )
    case 'strong':
      return (
        <strong>
          <Parts parts={part.parts} />
        </strong>
      )
    case 'em':
      return (
        <em>
          <Parts parts={part.parts} />
        </em>
      )
    case 'deleted':
      return (
        <s>
          <Parts parts={part.parts} />
        </s>
      )
  }
}
