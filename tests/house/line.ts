// The way between a page and the service, with one thing wrong on it. The browser
// believes that it speaks to the service's own address; every byte passes here.
import { type Browser, type BrowserContext, type BrowserContextOptions, type Page, chromium, test } from '@playwright/test';
import { type IncomingMessage, type OutgoingHttpHeaders, type Server, type ServerResponse, createServer, request } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { launch } from './browser.mjs';
import type { Demo } from './demo';

/** What the service said. */
export interface Answer {
  status: number;
  headers: OutgoingHttpHeaders;
  body: Buffer;
}

/** One request with decisions, in the hands of a fault. */
export class Exchange {
  constructor(
    readonly asked: IncomingMessage,
    readonly answer: ServerResponse,
    readonly body: Buffer,
    private readonly to: URL,
  ) {}

  /** The service gets it, as it is or with other bytes. */
  deliver(body = this.body): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers = { ...this.asked.headers, 'content-length': String(body.length) };
      const sent = request({ host: this.to.hostname, port: this.to.port, path: this.asked.url, method: this.asked.method, headers }, (heard) => {
        const parts: Buffer[] = [];
        heard.on('data', (part: Buffer) => parts.push(part));
        heard.on('end', () => resolve({ status: heard.statusCode ?? 0, headers: heard.headers, body: Buffer.concat(parts) }));
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  /** An answer that is not the service's. Pages may read it unless `foreign`. */
  say(status: number, body = '', headers: OutgoingHttpHeaders = {}, foreign = false): void {
    const cors = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'retry-after' };
    this.answer.writeHead(status, { 'content-type': 'text/html', ...(!foreign && cors), ...headers });
    this.answer.end(body);
  }

  pass({ status, headers, body }: Answer): void {
    this.answer.writeHead(status, headers);
    this.answer.end(body);
  }

  /** RST, not a polite end. */
  reset(): void {
    this.asked.socket.resetAndDestroy();
  }
}

export type Fault = (exchange: Exchange) => unknown;

/** A way to the service of one demo. */
export class Line {
  /** When a request with decisions came by, in milliseconds. */
  readonly hits: number[] = [];
  /** Everything that was asked for, by its method and path. */
  readonly asked: string[] = [];
  private fault: Fault | undefined;
  private readonly open = new Set<Socket>();
  private server!: Server;
  private port = 0;

  constructor(private readonly here: Demo) {}

  async listen(): Promise<number> {
    this.server = createServer((asked, answer) => void this.carry(asked, answer));
    this.server.keepAliveTimeout = 60_000;
    this.server.on('connection', (socket) => {
      this.open.add(socket);
      socket.on('close', () => this.open.delete(socket));
      socket.on('error', () => {});
    });
    await new Promise<void>((go) => this.server.listen(this.port, '127.0.0.1', go));
    this.port = (this.server.address() as AddressInfo).port;
    return this.port;
  }

  /** From now on this happens to decisions. */
  break(fault: Fault): void {
    this.hits.length = 0;
    this.fault = fault;
  }

  mend(): void {
    this.fault = undefined;
  }

  /** Nobody listens any more, and what was open is gone, as when a service stops. */
  async shut(): Promise<void> {
    const closed = new Promise((go) => this.server.close(go));
    for (const socket of this.open) socket.resetAndDestroy();
    await closed;
  }

  private async carry(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    asked.on('error', () => {});
    answer.on('error', () => {});
    const parts: Buffer[] = [];
    try {
      for await (const part of asked) parts.push(part as Buffer);
    } catch {
      return;
    }
    const to = new URL(this.here.inside);
    this.asked.push(`${asked.method} ${asked.url}`);
    const isDecisions = asked.url === '/v1/decisions';
    if (isDecisions) this.hits.push(Date.now());
    if (isDecisions && this.fault) {
      await Promise.resolve(this.fault(new Exchange(asked, answer, Buffer.concat(parts), to))).catch(() => answer.destroy());
      return;
    }
    const sent = request({ host: to.hostname, port: to.port, path: asked.url, method: asked.method, headers: asked.headers }, (heard) => {
      answer.writeHead(heard.statusCode ?? 502, heard.headers);
      heard.pipe(answer);
      heard.on('error', () => answer.destroy());
    });
    // Whoever asked went away: so does what was asked for them.
    answer.on('close', () => sent.destroy());
    sent.on('error', () => answer.destroy());
    sent.end(Buffer.concat(parts));
  }
}

/** A browser of its own for the tests of a file, whose way to the demo's service leads over a line. */
export function overLine(here: Demo): (run: (over: Over) => Promise<void>) => Promise<void> {
  const line = new Line(here);
  let browser: Browser;
  test.beforeAll(async () => {
    const port = await line.listen();
    const mapped = `--host-resolver-rules=MAP ${new URL(here.service).host} 127.0.0.1:${port}`;
    browser = await chromium.launch({ ...launch, args: [...launch.args, mapped] });
  });
  test.afterAll(async () => {
    await browser?.close();
    await line.shut().catch(() => {});
  });
  return async (run) => {
    line.mend();
    const { viewport, locale, timezoneId, reducedMotion } = test.info().project.use as BrowserContextOptions;
    const context = await browser.newContext({ viewport, locale, timezoneId, reducedMotion });
    try {
      await run({ line, context, page: await context.newPage() });
    } finally {
      await context.close();
    }
  };
}

export interface Over {
  line: Line;
  context: BrowserContext;
  page: Page;
}
