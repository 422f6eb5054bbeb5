import { ActionIcon, Tooltip } from '@mantine/core'
import { useI18n } from '../i18n/use-i18n.jsx'
import { Icon } from './icon.jsx'

/** Opens what changes something in place. */
export function EditButton({ what, onClick }: { readonly what: string; readonly onClick: () => void }) {
  const { t } = useI18n()
  const label = t.edit.editOf(what)
  return (
    <Tooltip label={label}>
      <ActionIcon variant="subtle" size={24} aria-label={label} onClick={onClick}>
        <Icon name="edit" size={14} />
      </ActionIcon>
    </Tooltip>
  )
}
