// A stand-in for the shop's front server: the demo's pages, with what a test changes about them.
import { type IncomingMessage, type OutgoingHttpHeaders, type Server, type ServerResponse, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Demo } from './demo';

/** What a test does with the headers and the text of a page. */
export type Change = (asked: IncomingMessage, headers: OutgoingHttpHeaders, body: string) => string;
/** Answers a request in the shop's place, or says that it does not. */
export type Own = (asked: IncomingMessage, answer: ServerResponse) => boolean;

export class Front {
  private server: Server | undefined;

  constructor(
    private readonly here: Demo,
    private readonly change: Change,
    private readonly own: Own = () => false,
  ) {}

  /** The port where it listens. */
  listen(): Promise<number> {
    const server = createServer((asked, answer) => this.own(asked, answer) || this.pass(asked, answer));
    this.server = server;
    return new Promise((go) => server.listen(0, '127.0.0.1', () => go((server.address() as AddressInfo).port)));
  }

  shut(): void {
    this.server?.close();
    this.server?.closeAllConnections();
  }

  private pass(asked: IncomingMessage, answer: ServerResponse): void {
    const { hostname, port } = new URL(this.here.shop);
    const headers = { ...asked.headers, 'accept-encoding': 'identity' };
    const to = request({ hostname, port, path: asked.url, method: asked.method, headers }, (heard) => {
      if (!heard.headers['content-type']?.startsWith('text/html')) {
        answer.writeHead(heard.statusCode ?? 502, heard.headers);
        return void heard.pipe(answer);
      }
      const parts: Buffer[] = [];
      heard.on('data', (part: Buffer) => parts.push(part));
      heard.on('end', () => {
        const { 'content-length': _, ...kept } = heard.headers as OutgoingHttpHeaders;
        const body = this.change(asked, kept, Buffer.concat(parts).toString());
        answer.writeHead(heard.statusCode ?? 502, kept).end(body);
      });
    });
    to.on('error', () => answer.destroy());
    asked.pipe(to);
  }
}
