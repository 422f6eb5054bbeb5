import { Drawer } from '@mantine/core'
import { useI18n } from '../i18n/use-i18n.jsx'
import { Brand } from './brand.jsx'
import { LanguageChoice, ProjectChoice, ThemeChoice } from './choices.jsx'
import { Navigation } from './navigation.jsx'

/** The navigation and the choices of the top bar, where the screen is too small for both. */
export function NavigationDrawer({ onClose }: { readonly onClose: () => void }) {
  const { t } = useI18n()
  return (
    <Drawer opened onClose={onClose} size={280} title={<Brand />} closeButtonProps={{ 'aria-label': t.common.close }}>
      <div className="drawer-choices">
        <ProjectChoice />
        <LanguageChoice />
        <ThemeChoice withWord />
      </div>
      <Navigation onNavigate={onClose} />
    </Drawer>
  )
}
