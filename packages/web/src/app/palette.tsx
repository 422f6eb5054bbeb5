import { Modal, TextInput } from '@mantine/core'
import { useRouter } from '@tanstack/react-router'
import { type KeyboardEvent, useId, useState } from 'react'
import { Icon } from '../components/icon.jsx'
import { useI18n } from '../i18n/use-i18n.jsx'
import { type Entry, matchEntries } from './palette-match.js'
import { usePaletteEntries } from './use-palette-entries.js'
import './palette.css'

const shownMax = 40

/** Goes to anything by name, and does what applies everywhere. */
export function Palette({ onClose }: { readonly onClose: () => void }) {
  const { t } = useI18n()
  const [wanted, setWanted] = useState('')
  const [at, setAt] = useState(0)
  const listId = useId()
  const router = useRouter()
  const entries = matchEntries(usePaletteEntries(), wanted).slice(0, shownMax)
  const chosen = Math.min(at, entries.length - 1)
  const open = (entry: Entry | undefined) => {
    if (entry === undefined) return
    onClose()
    if (entry.run !== undefined) entry.run()
    else if (entry.address !== undefined) router.history.push(entry.address)
  }
  const onKey = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (by !== undefined && entries.length > 0) {
      event.preventDefault()
      const next = (chosen + by + entries.length) % entries.length
      setAt(next)
      document.getElementById(`${listId}-${next}`)?.scrollIntoView({ block: 'nearest' })
    } else if (event.key === 'Enter') {
      event.preventDefault()
      open(entries[chosen])
    }
  }
  return (
    <Modal
      opened
      onClose={onClose}
      title={t.palette.title}
      closeButtonProps={{ 'aria-label': t.common.close }}
      size={640}
      yOffset="12vh"
    >
      <TextInput
        role="combobox"
        aria-label={t.palette.title}
        aria-expanded="true"
        aria-controls={listId}
        aria-activedescendant={entries.length === 0 ? undefined : `${listId}-${chosen}`}
        aria-autocomplete="list"
        placeholder={t.palette.placeholder}
        leftSection={<Icon name="search" size={14} />}
        value={wanted}
        onChange={(event) => {
          setWanted(event.currentTarget.value)
          setAt(0)
        }}
        onKeyDown={onKey}
        data-autofocus
      />
      <div id={listId} role="listbox" aria-label={t.palette.title} className="palette-list">
        {entries.map((entry, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the combobox above has the focus and the keys
          <div
            key={entry.id}
            id={`${listId}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            className="palette-item"
            onClick={() => open(entry)}
            onPointerMove={() => setAt(index)}
          >
            <Icon name={entry.icon} />
            <span className="palette-label" lang={entry.lang}>
              {entry.label}
            </span>
            {entry.detail !== undefined && <span className="palette-detail">{entry.detail}</span>}
            <span className="palette-kind">{t.palette.kinds[entry.kind]}</span>
          </div>
        ))}
      </div>
      <p className="palette-foot" role="status">
        {entries.length === 0 ? t.palette.empty(wanted) : t.palette.results(entries.length)}
        <span className="palette-hint">{t.palette.hint}</span>
      </p>
    </Modal>
  )
}
