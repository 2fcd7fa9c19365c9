// Who the page speaks for: the person the shop's token names, the anonymous
// subject this device made at its first grant, or nobody.

import { parse, type Shelf } from './shelf';
import type { Answer } from './net';

export interface Session {
  subject: string;
  capability: string;
  expires_at: string;
}

interface Ways {
  shelf: Shelf;
  device(): string;
  token(): unknown;
  ask(path: string, body: object): Promise<Answer>;
  diagnose(code: string, message: string, fix: string): void;
  /** Somebody, or nobody, is known now. */
  known(of: string, subject: boolean, signedIn: boolean): void;
}

/** A minute's grace, so that nothing sets out with a capability that ends on the way. */
const lives = (session: Session | undefined): session is Session =>
  !!session?.capability && Date.parse(session.expires_at) > Date.now() + 60_000;

export class Person {
  /** Whose outbox it is: a subject, `anon`, or nobody's yet. */
  of = '';
  signedIn = false;
  private session_: Session | undefined;
  private until_ = 0;
  private asking_: Promise<Session | undefined> | undefined;

  constructor(private ways_: Ways) {}

  /** The session in hand, without a wait: a page that is going away has none. */
  get now(): Session | undefined {
    return lives(this.session_) ? this.session_ : undefined;
  }

  /** Who it is, if anybody is known. Makes nobody. Fails when that cannot be asked. */
  find(): Promise<Session | undefined> {
    // Nobody a moment ago is nobody still: one press asks for several things.
    if (this.now || (this.of && performance.now() < this.until_)) return Promise.resolve(this.now);
    return (this.asking_ ??= this.look_().finally(() => (this.asking_ = undefined)));
  }

  /** A new anonymous subject where there is nobody; at a grant, and never before. */
  async findOrMake(): Promise<Session> {
    return (await this.find()) ?? this.ask_();
  }

  /** The capability was no good: another one, if there is one to be had. */
  async renew(): Promise<Session | undefined> {
    const old = this.session_;
    this.session_ = undefined;
    this.until_ = 0;
    if (old && !this.signedIn) {
      this.ways_.shelf.remove('session');
      await this.ask_(undefined, old.capability).catch(() => {});
    }
    return this.find();
  }

  /** Somebody else may be at the page now. */
  forget(): void {
    this.of = '';
    this.session_ = undefined;
    this.signedIn = false;
    this.until_ = 0;
  }

  private async look_(): Promise<Session | undefined> {
    const token = await Promise.resolve()
      .then(() => this.ways_.token())
      .catch(() => undefined);
    if (typeof token === 'string' && token) {
      try {
        return await this.ask_(token);
      } catch (status) {
        // What was not accepted names nobody: the visitor stays anonymous.
        if (status !== 401 && status !== 403) throw status;
        this.ways_.diagnose(
          'token',
          "The service does not accept the shop's token.",
          "See that it is signed with the site's key, for this site, and lives at most five minutes.",
        );
      }
    }
    const kept: Session | undefined = parse(this.ways_.shelf.get('session'));
    return this.become_(lives(kept) ? kept : undefined, false);
  }

  private async ask_(token?: string, capability?: string): Promise<Session> {
    const { shelf, device } = this.ways_;
    const { status, value } = await this.ways_.ask('session', { device: device(), token, capability });
    const session = value as Session | undefined;
    if (!lives(session) || typeof session.subject !== 'string') throw status === 200 ? 0 : status;
    if (!token) {
      shelf.set('device', device());
      shelf.set('session', JSON.stringify(session));
    }
    this.become_(session, !!token);
    return session;
  }

  private become_(session: Session | undefined, signedIn: boolean): Session | undefined {
    this.session_ = session;
    this.signedIn = signedIn;
    this.until_ = performance.now() + 10_000;
    this.of = session && signedIn ? session.subject : 'anon';
    this.ways_.known(this.of, !!session, signedIn);
    return session;
  }
}
