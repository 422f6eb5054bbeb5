import { useI18n } from '../../i18n/use-i18n.jsx'
import './json-tree.css'

const openDepth = 2
const itemsMax = 200

interface JsonTreeProps {
  readonly value: unknown
  readonly name?: string
  readonly depth?: number
}

/** A JSON value as a tree that opens; the first levels are open. */
export function JsonTree({ value, name, depth = 0 }: JsonTreeProps) {
  const { t, f } = useI18n()
  const label = name === undefined ? null : <span className="json-name">{name}: </span>
  if (typeof value !== 'object' || value === null)
    return (
      <div className="json-leaf">
        {label}
        {typeof value === 'string' && value.includes('\n') ? (
          <span className="json-string json-lines">{value}</span>
        ) : (
          <span className={`json-${value === null ? 'null' : typeof value}`}>{JSON.stringify(value)}</span>
        )}
      </div>
    )
  const entries = Object.entries(value)
  const isFlat = Array.isArray(value) && value.length <= 12 && value.every((item) => typeof item !== 'object')
  if (isFlat)
    return (
      <div className="json-leaf">
        {label}
        <span className="json-number">{JSON.stringify(value).replaceAll(',', ', ')}</span>
      </div>
    )
  return (
    <details className="json-branch" open={depth < openDepth}>
      <summary>
        {label}
        <span className="muted">
          {Array.isArray(value) ? '[ ]' : '{ }'} {t.run.items(entries.length)}
        </span>
      </summary>
      <div className="json-children">
        {entries.slice(0, itemsMax).map(([key, item]) => (
          <JsonTree key={key} name={key} value={item} depth={depth + 1} />
        ))}
        {entries.length > itemsMax && (
          <p className="muted">{t.common.showingOf(f.integer(itemsMax), f.integer(entries.length))}</p>
        )}
      </div>
    </details>
  )
}
