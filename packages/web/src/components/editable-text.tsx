import { useState } from 'react'
import { EditButton } from './edit-button.jsx'
import { EditForm } from './edit-form.jsx'
import './edit.css'

interface EditableTextProps {
  /** What the text is, as "Description". */
  readonly label: string
  readonly value: string
  /** Shown in place of nothing. */
  readonly empty: string
  readonly onSave: (value: string) => Promise<unknown>
}

/** A longer text, as a description, with a button to change it. */
export function EditableText({ label, value, empty, onSave }: EditableTextProps) {
  const [isEditing, setEditing] = useState(false)
  if (isEditing)
    return (
      <EditForm
        label={label}
        value={value}
        isLong
        mayBeEmpty
        maxLength={100_000}
        onSave={onSave}
        onClose={() => setEditing(false)}
      />
    )
  return (
    <div className="described">
      {value === '' ? <p className="muted">{empty}</p> : <p>{value}</p>}
      <EditButton what={label} onClick={() => setEditing(true)} />
    </div>
  )
}
