import { ActionIcon, UnstyledButton } from '@mantine/core'
import { Icon } from '../components/icon.jsx'
import { breadcrumbsId } from '../components/page.jsx'
import { useI18n } from '../i18n/use-i18n.jsx'
import { AccountChoice } from './account-choice.jsx'
import { LanguageChoice, ProjectChoice, ThemeChoice } from './choices.jsx'
import { LiveBadge } from './live-badge.jsx'
import './top-bar.css'

interface TopBarProps {
  readonly onOpenNavigation: () => void
  readonly onOpenPalette: () => void
}

const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent)
export const paletteShortcut = isApple ? '⌘ K' : 'Ctrl K'

/** Where one is, what is live, and the three choices that apply everywhere. */
export function TopBar({ onOpenNavigation, onOpenPalette }: TopBarProps) {
  const { t } = useI18n()
  return (
    <header className="bar">
      <ActionIcon variant="subtle" className="bar-burger" aria-label={t.nav.open} onClick={onOpenNavigation}>
        <Icon name="menu" />
      </ActionIcon>
      <nav aria-label={t.nav.breadcrumbs} className="crumbs">
        <ol id={breadcrumbsId} />
      </nav>
      <div className="bar-end">
        <div className="bar-wide">
          <ProjectChoice />
        </div>
        <UnstyledButton className="bar-search" onClick={onOpenPalette} aria-keyshortcuts="Control+K Meta+K">
          <Icon name="search" size={14} />
          <span className="bar-search-word">{t.nav.search}</span>
          <kbd className="bar-search-keys">{paletteShortcut}</kbd>
        </UnstyledButton>
        <LiveBadge />
        <div className="bar-wide">
          <LanguageChoice />
          <ThemeChoice />
        </div>
        <AccountChoice />
      </div>
    </header>
  )
}
