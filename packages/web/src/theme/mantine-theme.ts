import {
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
  type VariantColorsResolver,
} from '@mantine/core'

const accent: MantineColorsTuple = [
  '#eef4fd',
  '#d9e6fa',
  '#b3cdf5',
  '#8ab2ef',
  '#659ae9',
  '#4c8ae6',
  '#1a5fc9',
  '#1a5fc9',
  '#154ea6',
  '#103d83',
]

const accentHover = 'color-mix(in srgb, var(--accent) 88%, var(--text))'

/** Filled buttons take their text colour from a token, as the dark accent needs dark text. */
const variantColorResolver: VariantColorsResolver = (input) => {
  const colors = defaultVariantColorsResolver(input)
  if (input.variant !== 'filled') return colors
  return {
    ...colors,
    background: 'var(--accent)',
    hover: accentHover,
    color: 'var(--on-accent)',
  }
}

/** The header of a dialog is not the banner of the page. */
const plainHeader = { header: { role: 'presentation' } }

export const mantineTheme = createTheme({
  primaryColor: 'accent',
  primaryShade: 6,
  colors: { accent },
  fontFamily: 'var(--font-sans)',
  fontFamilyMonospace: 'var(--font-mono)',
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  defaultRadius: 5,
  cursorType: 'pointer',
  focusRing: 'auto',
  respectReducedMotion: true,
  variantColorResolver,
  components: {
    Drawer: { defaultProps: { attributes: plainHeader, transitionProps: { duration: 120 } } },
    Modal: {
      defaultProps: {
        attributes: plainHeader,
        transitionProps: { duration: 120 },
        overlayProps: { backgroundOpacity: 0.4 },
      },
    },
    Tooltip: { defaultProps: { openDelay: 300, withArrow: false, events: { hover: true, focus: true, touch: false } } },
    Menu: { defaultProps: { transitionProps: { duration: 100 }, shadow: 'md' } },
    Popover: { defaultProps: { transitionProps: { duration: 100 } } },
  },
})

const shared = {
  '--mantine-color-body': 'var(--background)',
  '--mantine-color-text': 'var(--text)',
  '--mantine-color-dimmed': 'var(--muted)',
  '--mantine-color-anchor': 'var(--accent)',
  '--mantine-color-error': 'var(--failure)',
  '--mantine-color-placeholder': 'var(--muted)',
  '--mantine-color-default': 'var(--background)',
  '--mantine-color-default-hover': 'var(--hover)',
  '--mantine-color-default-color': 'var(--text)',
  '--mantine-color-default-border': 'var(--control-border)',
  '--mantine-primary-color-filled': 'var(--accent)',
  '--mantine-primary-color-contrast': 'var(--on-accent)',
  '--mantine-color-accent-filled': 'var(--accent)',
  '--mantine-primary-color-filled-hover': accentHover,
  '--mantine-color-accent-filled-hover': accentHover,
  '--mantine-color-accent-text': 'var(--accent)',
}

/** Mantine's variables spoken in our tokens, so that one set of colours rules. */
export const cssVariablesResolver: CSSVariablesResolver = () => ({ variables: {}, light: shared, dark: shared })
