import { ActionIcon } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Outlet, useLocation } from '@tanstack/react-router'
import { lazy, Suspense, useEffect } from 'react'
import { Icon } from '../components/icon.jsx'
import { useI18n } from '../i18n/use-i18n.jsx'
import { paths } from '../routing/paths.js'
import { Brand } from './brand.jsx'
import { Navigation } from './navigation.jsx'
import { setPreference, usePreferences } from './preferences.js'
import { RouteFocus } from './route-focus.jsx'
import { TopBar } from './top-bar.jsx'
import './shell.css'

const NavigationDrawer = lazy(async () => ({
  default: (await import('./navigation-drawer.jsx')).NavigationDrawer,
}))
const Palette = lazy(async () => ({ default: (await import('./palette.jsx')).Palette }))

const LoginFrame = lazy(async () => ({ default: (await import('./login-frame.jsx')).LoginFrame }))

/** What stands around every page; around that of the login, next to nothing. */
export function Shell() {
  const isLogin = useLocation({ select: ({ pathname }) => pathname === paths.login() })
  return isLogin ? (
    <Suspense fallback={null}>
      <LoginFrame />
    </Suspense>
  ) : (
    <PagesShell />
  )
}

function PagesShell() {
  const { t } = useI18n()
  const narrow = usePreferences().navigation === 'narrow'
  const [drawerOpen, drawer] = useDisclosure(false)
  const [paletteOpen, palette] = useDisclosure(false)
  const { toggle } = palette
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        toggle()
      }
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [toggle])
  return (
    <div className="shell" data-narrow={narrow || undefined}>
      <a href="#content" className="skip-link">
        {t.common.skipToContent}
      </a>
      <aside className="side" aria-label="Fabrique">
        <Brand narrow={narrow} />
        <Navigation narrow={narrow} />
        <ActionIcon
          variant="subtle"
          className="side-toggle"
          aria-label={narrow ? t.nav.expand : t.nav.collapse}
          aria-expanded={!narrow}
          onClick={() => setPreference('navigation', narrow ? 'wide' : 'narrow')}
        >
          <Icon name={narrow ? 'expand' : 'collapse'} />
        </ActionIcon>
      </aside>
      <div className="side-of">
        <TopBar onOpenNavigation={drawer.open} onOpenPalette={palette.open} />
        <main id="content" tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      <Suspense fallback={null}>{drawerOpen && <NavigationDrawer onClose={drawer.close} />}</Suspense>
      <Suspense fallback={null}>{paletteOpen && <Palette onClose={palette.close} />}</Suspense>
      <RouteFocus />
    </div>
  )
}
