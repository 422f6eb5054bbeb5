import { ActionIcon, Tooltip } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { useI18n } from '../i18n/use-i18n.jsx'
import { Icon } from './icon.jsx'

/** Copies a text; says so in its tooltip and to screen readers. */
export function CopyButton({ value, what }: { readonly value: string; readonly what: string }) {
  const { t } = useI18n()
  const clipboard = useClipboard({ timeout: 2000 })
  return (
    <>
      <Tooltip label={clipboard.copied ? t.common.copied : t.common.copy}>
        <ActionIcon
          variant="subtle"
          size={24}
          className="copy-button"
          aria-label={t.common.copyOf(what)}
          onClick={() => clipboard.copy(value)}
        >
          <Icon name={clipboard.copied ? 'check' : 'copy'} size={14} />
        </ActionIcon>
      </Tooltip>
      <span role="status" className="visually-hidden">
        {clipboard.copied ? t.common.copied : ''}
      </span>
    </>
  )
}
