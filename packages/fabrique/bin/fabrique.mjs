#!/usr/bin/env node
import module from 'node:module'

// Keeps compiled code between starts; Node 20 does not have it.
module.enableCompileCache?.()
const { start } = await import('../dist/cli/start.js')
await start(process.argv)
