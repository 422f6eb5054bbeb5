import { Outlet } from '@tanstack/react-router'
import { Brand } from './brand.jsx'
import { LanguageChoice, ThemeChoice } from './choices.jsx'
import { RouteFocus } from './route-focus.jsx'
import './shell.css'
import './top-bar.css'

/** What stands around the page with which one logs in: nothing that asks the server for more. */
export function LoginFrame() {
  return (
    <div className="login-frame">
      <header className="bar">
        <Brand />
        <div className="bar-end login-choices">
          <LanguageChoice />
          <ThemeChoice />
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        <Outlet />
      </main>
      <RouteFocus />
    </div>
  )
}
