import { AppLink } from '../components/app-link.jsx'
import { paths } from '../routing/paths.js'

export function Brand({ narrow = false }: { readonly narrow?: boolean }) {
  return (
    <AppLink to={paths.home()} className="brand" aria-label="Fabrique">
      <img src="/favicon.svg" width={24} height={24} alt="" />
      {!narrow && <span>Fabrique</span>}
    </AppLink>
  )
}
