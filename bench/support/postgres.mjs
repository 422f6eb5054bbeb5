// The PostgreSQL of Fabrique, for seeding and for a peer that is measured on it. Python needs psycopg2.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './processes.mjs'

/** Of a data folder of Fabrique: the process, and the folder and port of the socket. */
export function postgresOf(dataFolder) {
  const lines = readFileSync(join(dataFolder, 'postgres', 'postmaster.pid'), 'utf8').split('\n')
  return { pid: Number(lines[0]), folder: lines[4], port: lines[3] }
}

/** The address of a database for psycopg2. */
export const addressOf = ({ folder, port }, database) => `host=${folder} port=${port} user=fabrique dbname=${database}`

/** Makes a database of its own for a peer. Returns its address for SQLAlchemy, with a driver: psycopg2, asyncpg. */
export function databaseForPeer(python, postgres, name, driver) {
  const code = [
    'import psycopg2, sys',
    'c = psycopg2.connect(sys.argv[1])',
    'c.autocommit = True',
    "c.cursor().execute('create database ' + sys.argv[2])",
  ].join('\n')
  run(python, ['-c', code, addressOf(postgres, 'postgres'), name])
  return `postgresql+${driver}://fabrique@/${name}?host=${encodeURIComponent(postgres.folder)}&port=${postgres.port}`
}
