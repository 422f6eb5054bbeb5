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
  },
}
