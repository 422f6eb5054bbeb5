import { ActionIcon, Button, TextInput, Tooltip } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useI18n } from '../i18n/use-i18n.jsx'
import { EditButton } from './edit-button.jsx'
import { EditForm } from './edit-form.jsx'
import { Icon } from './icon.jsx'
import { FailurePanel } from './problem-panel.jsx'
import './edit.css'

interface TagEditorProps {
  readonly tags: Readonly<Record<string, string>>
  /** Shows the tags and changes nothing. */
  readonly isReadOnly?: boolean
  /** `null` removes the tag. */
  readonly onChange: (key: string, value: string | null) => Promise<unknown>
}

/** Tags that clients set for themselves: shown apart, as changing them misleads. */
const isSystemTag = (key: string) => key.startsWith('mlflow.') || key.startsWith('fabrique.')

/** Tags with their values: add, change and remove, one at a time. */
export function TagEditor({ tags, isReadOnly = false, onChange }: TagEditorProps) {
  const { t } = useI18n()
  const [isAdding, setAdding] = useState(false)
  const entries = Object.entries(tags).sort(([first], [second]) => first.localeCompare(second))
  const own = entries.filter(([key]) => !isSystemTag(key))
  const system = entries.filter(([key]) => isSystemTag(key))
  return (
    <div className="stack-tight">
      {own.length === 0 && !isAdding && <p className="muted">{t.run.noTags}</p>}
      {own.length > 0 && (
        <ul className="tag-list">
          {own.map(([key, value]) => (
            <TagItem key={key} name={key} value={value} isReadOnly={isReadOnly} onChange={onChange} />
          ))}
        </ul>
      )}
      {isReadOnly ? null : isAdding ? (
        <AddTag onAdd={onChange} onClose={() => setAdding(false)} />
      ) : (
        <div>
          <Button variant="default" leftSection={<Icon name="tag" size={14} />} onClick={() => setAdding(true)}>
            {t.edit.addTag}
          </Button>
        </div>
      )}
      {system.length > 0 && (
        <details className="system-tags">
          <summary className="muted">{t.edit.systemTags(system.length)}</summary>
          <ul className="tag-list">
            {system.map(([key, value]) => (
              <li key={key} className="tag-item">
                <span className="tag-key">{key}</span>
                <span className="tag-value">{value}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  )
}

interface TagItemProps {
  readonly name: string
  readonly value: string
  readonly isReadOnly: boolean
  readonly onChange: TagEditorProps['onChange']
}

function TagItem({ name, value, isReadOnly, onChange }: TagItemProps) {
  const { t } = useI18n()
  const [isEditing, setEditing] = useState(false)
  const [error, setError] = useState<unknown>()
  if (isEditing)
    return (
      <li>
        <EditForm
          label={name}
          value={value}
          mayBeEmpty
          maxLength={8000}
          onSave={(changed) => onChange(name, changed)}
          onClose={() => setEditing(false)}
        />
      </li>
    )
  const remove = t.edit.removeTag(name)
  return (
    <li>
      <div className="tag-item">
        <span className="tag-key">{name}</span>
        <span className="tag-value">{value}</span>
        {!isReadOnly && (
          <span className="row" style={{ gap: 0 }}>
            <EditButton what={name} onClick={() => setEditing(true)} />
            <Tooltip label={remove}>
              <ActionIcon
                variant="subtle"
                size={24}
                aria-label={remove}
                onClick={() => onChange(name, null).then(() => setError(undefined), setError)}
              >
                <Icon name="cross" size={14} />
              </ActionIcon>
            </Tooltip>
          </span>
        )}
      </div>
      {error !== undefined && <FailurePanel error={error} />}
    </li>
  )
}

function AddTag({ onAdd, onClose }: { readonly onAdd: TagEditorProps['onChange']; readonly onClose: () => void }) {
  const { t } = useI18n()
  const [key, setKey] = useState('')
  const [value, setValue] = useState('')
  const [error, setError] = useState<unknown>()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (key.trim() !== '') onAdd(key.trim(), value).then(onClose, setError)
  }
  return (
    <form className="edit-form" onSubmit={submit} noValidate>
      <TextInput
        label={t.edit.tagKey}
        className="grow"
        value={key}
        maxLength={250}
        autoComplete="off"
        autoFocus
        onChange={(event) => setKey(event.currentTarget.value)}
      />
      <TextInput
        label={t.edit.tagValue}
        className="grow"
        value={value}
        maxLength={8000}
        autoComplete="off"
        onChange={(event) => setValue(event.currentTarget.value)}
      />
      <div className="row">
        <Button type="submit" disabled={key.trim() === ''}>
          {t.edit.add}
        </Button>
        <Button variant="default" onClick={onClose}>
          {t.common.cancel}
        </Button>
      </div>
      {error !== undefined && <FailurePanel error={error} />}
    </form>
  )
}
