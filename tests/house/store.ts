// A store of a demo's site in which nobody is yet, a service over it, and the backup that was made before anybody came.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Demo } from './demo';

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = join(process.env.CANDOR_X ? dirname(process.env.CANDOR_X) : join(root, 'target/release'), 'candor');

export class Store {
  private readonly data: string;
  private readonly backup: string;
  private readonly key: string;
  private running: ChildProcess | undefined;
  private address = '';

  constructor(private readonly here: Demo) {
    const state = join(root, '.demo', new URL(here.shop).port);
    this.data = mkdtempSync(join(state, 'store-'));
    this.backup = join(this.data, 'backup.db');
    this.candor('site', 'add', 'pk_demo', '--name', 'Shop', '--origin', here.shop);
    this.candor('key', 'token', 'pk_demo', '--alg', 'EdDSA', '--public', join(state, 'token-key.pub.pem'));
    this.candor('notice', 'publish', 'pk_demo', join(root, 'demo-site/notice.json'));
    this.key = /sk_\w+/.exec(this.candor('key', 'new', 'pk_demo'))![0];
    this.candor('backup', this.backup);
  }

  /** Starts the service; its address. */
  async serve(): Promise<string> {
    const listen = `127.0.0.1:${await freePort()}`;
    const args = ['serve', '--listen', listen, '--public-url', this.here.service, '--embed', join(root, 'pkg')];
    const running = spawn(program, args, { stdio: 'ignore', env: this.env() });
    this.running = running;
    for (;;) {
      if (running.exitCode !== null) throw new Error(`the service ended with ${running.exitCode}`);
      if (await fetch(`http://${listen}/readyz`).then(({ ok }) => ok, () => false)) return (this.address = `http://${listen}`);
      await new Promise((go) => setTimeout(go, 50));
    }
  }

  /** Puts the backup in the store's place and goes on from it; the new address. */
  async restore(): Promise<string> {
    await this.end();
    this.candor('restore', this.backup);
    return this.serve();
  }

  /** What the service keeps of a subject's controls, as it tells the shop's server. */
  async stands(subject: string): Promise<Record<string, string>> {
    const answer = await fetch(`${this.address}/v1/subjects/${subject}/choices`, { headers: { authorization: `Bearer ${this.key}` } });
    const { controls = {} } = (await answer.json()) as { controls?: Record<string, { choice: string }> };
    return Object.fromEntries(Object.entries(controls).map(([id, { choice }]) => [id.split('/')[1]!, choice]));
  }

  async end(): Promise<void> {
    const { running } = this;
    if (!running || running.exitCode !== null) return;
    const ended = new Promise((go) => running.once('exit', go));
    running.kill('SIGTERM');
    await ended;
  }

  private candor(...args: string[]): string {
    return execFileSync(program, args, { stdio: 'pipe', env: this.env() }).toString();
  }

  private env(): NodeJS.ProcessEnv {
    return { ...process.env, CANDOR_DATA: this.data };
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
