import { Button } from '@mantine/core'
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'
import { Icon, type IconName } from '../components/icon.jsx'
import { useI18n } from '../i18n/use-i18n.jsx'
import { nextChoice } from './next-choice.js'
import './choice-menu.css'

interface ChoiceMenuProps<Value extends string> {
  readonly label: string
  readonly icon?: IconName
  /** What the button shows; without it, only the icon. */
  readonly shown?: string
  readonly value: Value | undefined
  readonly choices: readonly {
    readonly value: Value
    readonly label: string
    readonly lang?: string
    readonly icon?: IconName
  }[]
  readonly onChoose: (value: Value) => void
}

/** A button that shows the choice made and opens the others. It is in the first view, which a menu of Mantine would double. */
export function ChoiceMenu<Value extends string>(props: ChoiceMenuProps<Value>) {
  const { label, icon, shown, value, choices, onChoose } = props
  const { t } = useI18n()
  const [isOpen, setIsOpen] = useState(false)
  const root = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  const items = useRef<(HTMLButtonElement | null)[]>([])
  const made = useRef(0)
  made.current = Math.max(
    choices.findIndex((choice) => choice.value === value),
    0,
  )
  const menuId = useId()
  useEffect(() => {
    if (!isOpen) return undefined
    const onPress = ({ target }: PointerEvent) => {
      if (target instanceof Node && !root.current?.contains(target)) setIsOpen(false)
    }
    document.addEventListener('pointerdown', onPress)
    return () => document.removeEventListener('pointerdown', onPress)
  }, [isOpen])
  // Opening moves the focus to the choice that is made, else to the first.
  useEffect(() => {
    if (isOpen) items.current[made.current]?.focus()
  }, [isOpen])
  const close = () => {
    setIsOpen(false)
    button.current?.focus()
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Tab') return setIsOpen(false)
    const at = items.current.findIndex((item) => item?.contains(document.activeElement))
    const next = nextChoice(
      event.key,
      at,
      choices.map((choice) => choice.label),
    )
    if (event.key !== 'Escape' && next === undefined) return undefined
    event.preventDefault()
    event.stopPropagation()
    return next === undefined ? close() : items.current[next]?.focus()
  }
  return (
    <div className="choice" ref={root}>
      <Button
        ref={button}
        variant="subtle"
        className="bar-button"
        aria-label={shown === undefined ? label : t.common.labelled(label, shown)}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? menuId : undefined}
        leftSection={icon === undefined ? undefined : <Icon name={icon} />}
        rightSection={shown === undefined ? undefined : <Icon name="down" size={12} />}
        data-icon-only={shown === undefined || undefined}
        onClick={() => setIsOpen((is) => !is)}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown') return
          event.preventDefault()
          setIsOpen(true)
        }}
      >
        {shown}
      </Button>
      {isOpen && (
        <div id={menuId} role="menu" aria-label={label} className="choice-list" tabIndex={-1} onKeyDown={onKey}>
          {choices.map((choice, index) => (
            <button
              key={choice.value}
              ref={(item) => {
                items.current[index] = item
              }}
              type="button"
              role="menuitemradio"
              aria-checked={choice.value === value}
              tabIndex={-1}
              lang={choice.lang}
              className="choice-item"
              onClick={() => {
                close()
                onChoose(choice.value)
              }}
            >
              <span className="choice-mark">{choice.value === value && <Icon name="check" size={12} />}</span>
              <span className="choice-label">{choice.label}</span>
              {choice.icon !== undefined && <Icon name={choice.icon} />}
            </button>
          ))}
        </div>
      )}
    </div>
  )
}
