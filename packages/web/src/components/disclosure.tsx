import { Icon } from './icon.jsx'
import './disclosure.css'

interface DisclosureProps {
  readonly isOpen: boolean
  /** What a press does now, as "Open model". */
  readonly label: string
  readonly onToggle: () => void
}

/** The small arrow before something that opens and closes. */
export function Disclosure({ isOpen, label, onToggle }: DisclosureProps) {
  return (
    <button type="button" className="disclosure" aria-expanded={isOpen} aria-label={label} onClick={onToggle}>
      <Icon name={isOpen ? 'down' : 'right'} size={12} />
    </button>
  )
}
