/** Texts of the page with which one logs in. */
export const en = {
  login: {
    title: 'Log in',
    name: 'Username',
    password: 'Password',
    again: 'Password again',
    differ: 'The two passwords differ',
    submit: 'Log in',
    showPassword: 'Show the password',
    firstTitle: 'Make the first admin',
    firstText: 'From then on everybody logs in. Further users are made by admins: fabrique users add.',
    firstSubmit: 'Make this admin',
    passwordHelp: 'At least 15 characters that nobody would guess, such as four or five words',
    nameHelp: 'As anna, or anna@example.org',
    linkNeeded: 'This server has no users yet',
    linkNeededText:
      'Its terminal shows a link that makes the first admin, for 15 minutes from the start. Start it again for a new one.',
    open: 'Nobody needs to log in here',
    openText: 'This server has no users. The first one, an admin, is made in a terminal:',
    known: (name: string) => `You are logged in as ${name}.`,
    toPages: 'Go to the pages',
    oidc: (name: string) => `Log in with ${name}`,
    oidcUnnamed: 'Log in with your organisation',
    orPassword: 'or by name and password',
    chooseTitle: 'Choose a password',
    chooseText: 'It replaces the one there may be, and ends every other session.',
    chooseSubmit: 'Choose this password',
    failures: {
      oidc_denied: {
        message: 'The login was given up at the identity provider',
        hint: 'Begin again, and agree there.',
      },
      oidc_unavailable: {
        message: 'The identity provider does not answer',
        hint: 'Try again in a moment, or log in by name and password.',
      },
      oidc_refused: {
        message: 'The identity provider knows you, but you may not use this server',
        hint: 'Ask an administrator: the account is switched off here, or has no role.',
      },
      oidc_not_configured: {
        message: 'This server has no identity provider to log in at',
        hint: 'Log in by name and password.',
      },
      first_user_not_admin: {
        message: 'This server has no admin yet, and the identity provider makes you none',
        hint: 'Make the first admin with the link that the terminal of the server shows.',
      },
      last_admin: {
        message: 'The identity provider does not make you an admin any more, but you are the only one here',
        hint: 'Have another admin made first.',
      },
      rate_limited: { message: 'Too many logins from this address', hint: 'Try again in a minute.' },
      oidc_failed: {
        message: 'What the identity provider answered does not prove who you are',
        hint: 'Begin again from here. If it stays so, the log of the server says what was wrong.',
      },
    },
  },
}
