// A demo of its own for each file of tests: fresh state, free ports, stopped at the end.
import { test } from '@playwright/test';
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Demo {
  /** The shop. */
  readonly shop: string;
  /** The service, as customers reach it. */
  readonly service: string;
  /** The service itself, behind the line that can be cut. */
  readonly inside: string;
}

/** Starts a demo before the tests of this file and stops it after them. */
export function demo(): Demo {
  let running: ChildProcess | undefined;
  let port = 0;
  test.beforeAll(async () => {
    test.setTimeout(180_000);
    port = await freePort();
    running = await start(port);
  });
  test.afterAll(async () => {
    if (!running || running.exitCode !== null) return;
    const ended = new Promise((resolve) => running?.once('exit', resolve));
    running.kill('SIGTERM');
    await ended;
  });
  return {
    get shop() { return `http://127.0.0.1:${port}`; },
    get service() { return `http://localhost:${port + 1}`; },
    get inside() { return `http://127.0.0.1:${port + 2}`; },
  };
}

/** `./x demo`, or the xtask that runs these tests, which has built everything already. */
function start(port: number): Promise<ChildProcess> {
  const x = process.env.CANDOR_X;
  const args = ['demo', '--port', String(port), ...(x ? ['--built'] : [])];
  const child = spawn(x ?? './x', args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  return new Promise((resolve, reject) => {
    let said = '';
    const hear = (bytes: Buffer) => {
      said += bytes;
      if (/^ready http/m.test(said)) resolve(child);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', (code) => reject(new Error(`the demo ended with ${code}:\n${said}`)));
  });
}

/** The first of three free ports in a row. */
async function freePort(): Promise<number> {
  for (;;) {
    const first = await listen(0);
    if (first > 65_000) continue;
    const all = await Promise.all([first, first + 1, first + 2].map((port) => listen(port).catch(() => 0)));
    if (all.every(Boolean)) return first;
  }
}

function listen(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const got = (server.address() as { port: number }).port;
      server.close(() => resolve(got));
    });
  });
}
