/** Requests to addresses that users name: which hosts they may reach. */
export * from './allowed-addresses.js'
export * from './public-address.js'
