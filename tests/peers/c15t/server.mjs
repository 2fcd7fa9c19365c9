// npm @c15t/backend as its self-hosting guide sets it up, with Kysely over better-sqlite3.
// Usage: node server.mjs DATABASE. Prints `ready ADDRESS`; ends on SIGTERM.

import { serve } from '@hono/node-server';
import Database from 'better-sqlite3';
import { c15tInstance } from '@c15t/backend';
import { kyselyAdapter } from '@c15t/backend/db/adapters/kysely';
import { migrator } from '@c15t/backend/db/migrator';
import { DB } from '@c15t/backend/db/schema';
import { Kysely, SqliteDialect } from 'kysely';

const database = new Database(process.argv[2]);
// As durable as ours, and as fast as that lets SQLite be: what is answered is on disk.
database.pragma('journal_mode = WAL');
database.pragma('synchronous = FULL');
database.pragma('cache_size = -32768');

const db = new Kysely({ dialect: new SqliteDialect({ database }) });
const adapter = kyselyAdapter({ db, provider: 'sqlite' });
const migration = await migrator({ db: DB.client(adapter), schema: 'latest' });
await migration.execute();

const instance = c15tInstance({
  appName: 'bench',
  adapter,
  trustedOrigins: ['127.0.0.1:1'],
  disableGeoLocation: true,
  openapi: { enabled: false },
  logger: { level: 'error' },
});

const server = serve({ fetch: instance.handler, hostname: '127.0.0.1', port: 0 }, ({ port }) => {
  console.log(`ready http://127.0.0.1:${port}`);
});
process.on('SIGTERM', () => {
  server.close();
  server.closeAllConnections?.();
  database.close();
  process.exit(0);
});
