import { Button, Modal } from '@mantine/core'
import type { ReactNode } from 'react'
import { Snippet } from '../../components/snippet.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'

interface SecretDialogProps {
  readonly title: string
  /** What it is called in the button that copies it. */
  readonly what: string
  readonly secret: string
  readonly children?: ReactNode
  readonly onClose: () => void
}

/** A secret that is shown this once. A click beside it does not lose it. */
export function SecretDialog({ title, what, secret, children, onClose }: SecretDialogProps) {
  const { t } = useI18n()
  return (
    <Modal
      opened
      size="lg"
      title={title}
      closeOnClickOutside={false}
      closeButtonProps={{ 'aria-label': t.common.close }}
      onClose={onClose}
    >
      <div className="stack">
        <p>{t.access.shownOnce}</p>
        <Snippet title={what} hideTitle code={secret} />
        {children}
        <div>
          <Button onClick={onClose}>{t.access.done}</Button>
        </div>
      </div>
    </Modal>
  )
}
