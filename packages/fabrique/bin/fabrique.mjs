#!/usr/bin/env node
import module from 'node:module'

// Keeps compiled code between starts; Node 20 does not have it.
module.enableCompileCache?.()
const { main } = await import('../dist/cli/main.js')
await main(process.argv)
