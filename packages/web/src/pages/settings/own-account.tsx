import type { WhoAmI } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { Load } from '../../components/load.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'

export type Account = NonNullable<WhoAmI['user']>

interface OwnAccountProps {
  readonly children: (user: Account, me: WhoAmI) => ReactNode
}

/** What concerns the account of who looks; where nobody needs to log in there is none. */
export function OwnAccount({ children }: OwnAccountProps) {
  const { t } = useI18n()
  const query = useQuery(queries.whoAmI())
  return (
    <Load query={query} lines={4}>
      {(me) =>
        me.user === undefined ? (
          <EmptyState title={t.access.open} text={t.access.openText}>
            <p>
              <AppLink to={paths.users()}>{t.access.toUsers}</AppLink>
            </p>
          </EmptyState>
        ) : (
          children(me.user, me)
        )
      }
    </Load>
  )
}
