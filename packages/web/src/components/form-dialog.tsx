import { Button, Modal, type ModalProps } from '@mantine/core'
import type { FormEvent, ReactNode } from 'react'
import { useI18n } from '../i18n/use-i18n.jsx'
import { FailurePanel } from './problem-panel.jsx'

interface FormDialogProps {
  readonly title: string
  readonly size?: NonNullable<ModalProps['size']>
  /** The fields, one below the other. */
  readonly children: ReactNode
  readonly submitLabel: string
  readonly maySubmit: boolean
  readonly isDangerous?: boolean
  readonly isPending: boolean
  /** Why it did not work; stays above the buttons. */
  readonly error: unknown
  readonly onSubmit: () => void
  readonly onClose: () => void
}

/** Fields to fill in over the page, with a button that does it and one that leaves all as it was. */
export function FormDialog(props: FormDialogProps) {
  const { title, size = 'md', children, submitLabel, maySubmit, isDangerous = false, isPending, error } = props
  const { t } = useI18n()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (maySubmit && !isPending) props.onSubmit()
  }
  return (
    <Modal opened onClose={props.onClose} size={size} title={title} closeButtonProps={{ 'aria-label': t.common.close }}>
      <form className="stack" onSubmit={submit} noValidate>
        {children}
        {error !== null && error !== undefined && <FailurePanel error={error} />}
        <div className="row">
          <Button type="submit" disabled={!maySubmit} loading={isPending} className={isDangerous ? 'danger' : ''}>
            {submitLabel}
          </Button>
          <Button variant="default" onClick={props.onClose}>
            {t.common.cancel}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
