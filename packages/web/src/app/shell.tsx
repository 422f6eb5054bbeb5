import { ActionIcon, Drawer } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Outlet } from '@tanstack/react-router'
import { lazy, Suspense, useEffect } from 'react'
import { AppLink } from '../components/app-link.jsx'
import { Icon } from '../components/icon.jsx'
import { useI18n } from '../i18n/use-i18n.jsx'
import { paths } from '../routing/paths.js'
import { LanguageChoice, ProjectChoice, ThemeChoice } from './choices.jsx'
import { Navigation } from './navigation.jsx'
import { setPreference, usePreferences } from './preferences.js'
import { RouteFocus } from './route-focus.jsx'
import { TopBar } from './top-bar.jsx'
import './shell.css'

const Palette = lazy(async () => ({ default: (await import('./palette.jsx')).Palette }))

/** What stands around every page. */
export function Shell() {
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
      <Drawer
        opened={drawerOpen}
        onClose={drawer.close}
        size={280}
        title={<Brand />}
        closeButtonProps={{ 'aria-label': t.common.close }}
      >
        <div className="drawer-choices">
          <ProjectChoice />
          <LanguageChoice />
          <ThemeChoice withWord />
        </div>
        <Navigation onNavigate={drawer.close} />
      </Drawer>
      <Suspense fallback={null}>{paletteOpen && <Palette onClose={palette.close} />}</Suspense>
      <RouteFocus />
    </div>
  )
}

function Brand({ narrow = false }: { readonly narrow?: boolean }) {
  return (
    <AppLink to={paths.home()} className="brand" aria-label="Fabrique">
      <img src="/favicon.svg" width={24} height={24} alt="" />
      {!narrow && <span>Fabrique</span>}
    </AppLink>
  )
}
