import { useId } from 'react'

interface ColumnChoiceProps {
  readonly label: string
  readonly help: string
  readonly columns: readonly string[]
  readonly chosen: readonly string[]
  readonly onChange: (chosen: readonly string[]) => void
}

/** Boxes to tick, in the order of the columns. */
export function ColumnChoice({ label, help, columns, chosen, onChange }: ColumnChoiceProps) {
  const helpId = useId()
  const toggle = (column: string) => onChange(columns.filter((each) => (each === column) !== chosen.includes(each)))
  return (
    <fieldset className="explain-columns" aria-describedby={helpId}>
      <legend>{label}</legend>
      <p id={helpId} className="small muted">
        {help}
      </p>
      <ul>
        {columns.map((column) => (
          <li key={column}>
            <label title={column}>
              <input type="checkbox" checked={chosen.includes(column)} onChange={() => toggle(column)} />
              <span>{column}</span>
            </label>
          </li>
        ))}
      </ul>
    </fieldset>
  )
}
