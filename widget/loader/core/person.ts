// Who the page speaks for: the person the shop's token names, the anonymous
// subject this device made at its first grant, or nobody.

import type { Parted } from '../rare/parting';
import { rare } from './rare';
import { parse, type Shelf } from './shelf';
import { type Answer, HOUR, PATIENCE } from './net';

/** Fetched where an anonymous person signs in. */
declare const CANDOR_PARTING: string;
/** Fetched where the shop does not say who it is. */
declare const CANDOR_TOKEN: string;

export interface Session {
  subject: string;
  capability: string;
  expires_at: string;
  /** From when on an anonymous one is renewed. */
  renew_at?: string;
  /** The device it was made for; another tab may have named this one since. */
  device?: string;
}

interface Ways {
  shelf: Shelf;
  device(): string;
  token(): unknown;
  ask(path: string, body: object): Promise<Answer>;
  diagnose(code: string, message: string, fix: string): void;
  /** Somebody, or nobody, is known now; `other`: not who was known before. */
  known(of: string, subject: boolean, signedIn: boolean, other: boolean): void;
}

const MINUTE = 60_000;

/** Milliseconds until then. A clock that was set back since holds nothing up. */
export function left(then: number): number {
  const ms = then - Date.now();
  return ms > 0 && ms <= HOUR ? ms : 0;
}

export class Person {
  /** Whose outbox it is: a subject, `anon`, or nobody's yet. */
  of = '';
  /** Counts up when somebody else may be at the page: answers to what was asked before are not theirs. */
  era = 0;
  /** The last session, its time passed or not. */
  declare last: Session | undefined;
  /** The shop's last word on who is signed in. */
  declare said: string | undefined;
  /** Until when the service wants not to be asked: for anybody anonymous, and who somebody signed in is. */
  private rest_ = [0, 0];
  /** What it was asked last. */
  private kind_ = 0;
  private declare until_: number;
  private declare nobody_: number;
  private declare asking_: Promise<Session | undefined> | undefined;
  private declare making_: Promise<Session> | undefined;

  constructor(private ways_: Ways) {}

  /** Milliseconds until it may be asked again. */
  get rest(): number {
    return left(this.rest_[this.kind_]!);
  }

  /** The anonymous subject's, as this device's tabs keep it. */
  get stored_(): Session | undefined {
    return parse(this.ways_.shelf.get('session'));
  }

  /** The last session, unless another tab has made another anonymous subject since: of one browser there is one. */
  get held_(): Session | undefined {
    const { last } = this;
    return last && (this.of !== 'anon' || this.stays_(last)) ? last : undefined;
  }

  /** The session in hand, without a wait: a page that is going away has none. */
  get now(): Session | undefined {
    const { held_ } = this;
    return held_?.device === this.ways_.device() && this.until_ > Date.now() ? held_ : undefined;
  }

  /** Who it is, if anybody is known. Makes nobody. Fails when that cannot be asked. */
  find(): Promise<Session | undefined> {
    // Nobody a moment ago is nobody still: one press asks for several things.
    if (this.now || performance.now() < this.nobody_) return Promise.resolve(this.now);
    const asking = (this.asking_ ??= this.look_().finally(() => this.asking_ === asking && (this.asking_ = undefined)));
    return asking;
  }

  /** A new anonymous subject where there is nobody; at a grant, and never before. */
  async findOrMake(): Promise<Session> {
    const { era } = this;
    const known = await this.find();
    // Whom another tab made may have moved into the database since this page looked there.
    if (!known) await this.ways_.shelf.wake();
    // Who granted is not at the page any more.
    if (era !== this.era) throw 0;
    const found = known ?? this.kept_();
    if (found?.device === this.ways_.device()) return found;
    // Nobody, or somebody whose device has another name by now.
    const making = (this.making_ ??= this.again_(found).finally(() => this.making_ === making && (this.making_ = undefined)));
    return making;
  }

  /** The anonymous subject that this device made, here or in another tab. */
  kept_(): Session | undefined {
    const kept = this.stored_;
    const ends = Date.parse(kept?.expires_at!) - MINUTE;
    return kept && ends > Date.now() ? this.become_({ device: this.ways_.device(), ...kept }, ends, false) : undefined;
  }

  /** The capability was no good: another one, if there is one to be had. */
  async renew(): Promise<Session | undefined> {
    const { held_, of } = this;
    this.until_ = this.nobody_ = 0;
    if (held_ && of === 'anon') await this.again_(held_).catch(() => {});
    return this.find();
  }

  /** Somebody else may be at the page now. */
  forget(): void {
    this.era++;
    this.of = '';
    this.last = this.asking_ = this.making_ = undefined;
    this.nobody_ = 0;
  }

  trouble_(cause: unknown, asked?: boolean): void {
    rare<typeof import('../rare/token')>(CANDOR_TOKEN).then(({ trouble }) => trouble(cause, asked, this.ways_.diagnose)).catch(() => {});
  }

  private async look_(): Promise<Session | undefined> {
    const { era } = this;
    const { token } = this.ways_;
    for (let again = false; ; again = true) {
      let asks = true;
      try {
        // A way to ask that fails, or never ends, is not an answer; only nothing means nobody.
        const said = await Promise.race([token(), new Promise((_, no) => setTimeout(no, PATIENCE, 'late'))]);
        asks = era === this.era;
        if (!asks) throw 0;
        if (!said) break;
        if (typeof said !== 'string') throw 'wrong';
        asks = false;
        this.said = said;
        const parted = await this.part_();
        if (era !== this.era) throw 0;
        return await this.ask_(said, parted);
      } catch (cause) {
        // What the service does not accept may have grown old. Asked for once more, it is no sign that
        // nobody is there: somebody is, and it cannot be said who.
        if (!asks && !again && (cause === 401 || cause === 403)) continue;
        if (asks || again) this.trouble_(cause, asks);
        throw cause;
      }
    }
    // The clock here does not end an anonymous subject: the service says whether its time has passed.
    const old = this.stored_;
    if (old?.capability && !(Date.parse(old.renew_at!) > Date.now())) {
      try {
        return await this.again_(old);
      } catch (cause) {
        if (era !== this.era || (!this.kept_() && this.ways_.shelf.get('session'))) throw cause;
      }
    }
    const kept = this.kept_();
    // Storage was emptied under the page: whoever is at it is still the same.
    if (!kept && this.of === 'anon' && this.until_ > Date.now()) return this.last;
    if (!kept) {
      this.become_(undefined, 0, false);
      this.nobody_ = performance.now() + 10_000;
    }
    return kept;
  }

  /** At sign-in the anonymous subject ends: what it refused binds this device from then on, what it granted is asked anew. */
  private async part_(): Promise<Parted | undefined> {
    const { shelf, ask } = this.ways_;
    return shelf.keys().some((key) => /^(session$|(out|kept|seq):anon)/.test(key)) ? (await rare<typeof import('../rare/parting')>(CANDOR_PARTING)).part(shelf, ask) : undefined;
  }

  private stays_(last: Session): boolean {
    return (this.stored_ ?? last).subject === last.subject;
  }

  /** A new anonymous subject, or another capability for the one there is. */
  private again_(last?: Session): Promise<Session> {
    return this.ask_(undefined, last).catch((status) => {
      // Only a clear answer ends an anonymous subject: nothing else leads back to it.
      if (last && [401, 403, 410].includes(status)) {
        this.until_ = 0;
        // Another tab may have made somebody since.
        if (this.stays_(last)) this.ways_.shelf.remove('session');
      }
      throw status;
    });
  }

  private async ask_(token?: string, parted?: Parted | Session): Promise<Session> {
    const { era } = this;
    const { shelf } = this.ways_;
    const device = this.ways_.device();
    const kind = (this.kind_ = token ? 1 : 0);
    if (this.rest) throw 0;
    const { status, value, wait = 0 } = await this.ways_.ask('session', { device, token, capability: parted?.capability });
    this.rest_[kind] = Date.now() + wait;
    const session = value as Session | undefined;
    // They signed in, whoever is at the page by now.
    if (token && status === 200) shelf.remove('state'), (parted as Parted | undefined)?.over();
    if (era !== this.era || typeof session?.subject !== 'string' || typeof session.capability !== 'string') throw status === 200 ? 0 : status;
    // Another tab made somebody meanwhile: of one browser there is one.
    const other = token || (parted && this.stays_(parted as Session)) ? undefined : this.kept_();
    if (other) return other;
    // Another tab gave the device its name meanwhile, or it has lost it: this is good for none of its decisions.
    if (device !== this.ways_.device()) throw token ? 401 : 0;
    if (!token) {
      shelf.set('device', device);
      // What was sent for one that has ended was sent for no other; nor is what that one granted, should the service
      // come back from a backup.
      if (session.subject !== (parted as Session | undefined)?.subject)
        for (const key of shelf.keys()) if (/^carried:anon|^kept:anon.*"granted"/.test(key + shelf.get(key))) shelf.remove(key);
      shelf.set('session', JSON.stringify({ ...session, device }));
    }
    // A minute's grace, so that nothing sets out with a capability that ends on the way; but what was
    // given just now is good for some minutes, whatever the clock here says.
    const ends = Math.max(Date.parse(session.expires_at) - MINUTE, Date.now() + 4 * MINUTE);
    // Read once more: from here on it is known that the name was kept.
    return this.become_({ ...session, device: this.ways_.device() }, ends, !!token)!;
  }

  private become_(session: Session | undefined, ends: number, signedIn: boolean): Session | undefined {
    const of = session && signedIn ? session.subject : 'anon';
    // The shop says so though nobody told us; or a subject ended, and what stood for it stands for no other.
    const other = this.of && (this.of !== of || (this.last && this.last.subject !== session?.subject));
    if (other) this.era++;
    this.last = session;
    this.until_ = ends;
    this.nobody_ = 0;
    this.of = of;
    this.ways_.known(of, !!session, signedIn, !!other);
    return session;
  }
}
