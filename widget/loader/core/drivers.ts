// The senses of the Wasm: network, storage, tabs and the person's identity. What
// they hear is told to it in the order it was heard, once it is there; requests
// that a press needs set out before, while the Wasm is still on its way.

import * as wasm from 'candor-wasm';
import { decisionId, deviceId } from './ids';
import { type Answer, events, type How, request } from './net';
import { Person, type Session } from './person';
import { parse, Shelf } from './shelf';
import { tongue } from './tongue';
import type { Host, Spec } from './types';

const TRIES = 6;
const pause = (ms: number): Promise<void> => new Promise((go) => setTimeout(go, ms));

export class Drivers {
  readonly gpc = !!(navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl;
  readonly tongue = tongue;
  readonly id = decisionId;
  private shelf: Shelf;
  private who: Person;
  private fresh = deviceId();
  private tabs: BroadcastChannel | undefined;
  private stop: AbortController | undefined;
  private isCut = false;
  private noticed: Promise<boolean> | undefined;
  /** Elements whose card could not be filled: tried again when the way is free. */
  private lost = new Set<Spec>();
  /** What a press asked for before the Wasm was there. */
  private ahead = new Map<string, Promise<Answer>>();

  constructor(
    private host: Host,
    private ready: Promise<void>,
    private close: (element: HTMLElement) => void,
    private spec: (element: HTMLElement) => Spec | undefined,
  ) {
    this.shelf = new Shelf(`candor:${host.site}:`);
    this.who = new Person({
      shelf: this.shelf,
      device: () => this.device,
      token: () => host.token(),
      ask: (path, body) => this.ask(path, body),
      diagnose: host.diagnose,
      known: (of, subject, signedIn) => {
        this.later(() => wasm.known(of, subject, signedIn));
        this.load(false);
      },
    });
  }

  // What the Wasm asks of us.

  get site(): string {
    return this.host.site;
  }
  get origin(): string {
    return this.host.origin;
  }
  /** Kept from the first act on; until then a name for this page view alone. */
  get device(): string {
    return this.get('device') ?? this.fresh;
  }
  tell(name: 'choice' | 'saved', detail: string): void {
    this.host.emit(name, parse(detail));
  }
  diagnose(code: string, message: string, fix: string): void {
    this.host.diagnose(code, message, fix);
  }
  get(key: string): string | undefined {
    return this.shelf.get(key);
  }
  set(key: string, value: string): boolean {
    return this.shelf.set(key, value);
  }
  remove(key: string): void {
    this.shelf.remove(key);
  }

  person(): void {
    this.who.find().catch(() => this.later(wasm.unknown));
  }

  renew(): void {
    this.who.renew().then((session) => session && this.later(() => wasm.event('flush'))).catch(() => {});
  }

  send(decisions: string, keepalive: boolean, grants: boolean): void {
    const { of, now } = this.who;
    const go = async (session: Session | undefined): Promise<void> => {
      const answer: Answer = session
        ? await this.ask('decisions', { capability: session.capability, decisions: parse(decisions) }, { keepalive })
        : { status: 0 };
      this.later(() => {
        // Somebody else came meanwhile: the answer is about another outbox.
        if (this.who.of !== of) return;
        if (answer.status !== 200) wasm.failed(answer.status, answer.wait);
        else if (!wasm.answered(answer.value)) wasm.failed(0);
      });
    };
    // A page that is going away waits for nothing: the request leaves in this turn.
    if (now) void go(now);
    else (grants ? this.who.findOrMake() : this.who.find()).then(go, () => go(undefined));
  }

  share(choices: string): void {
    this.tabs?.postMessage({ ...parse(choices), of: this.who.of });
  }

  act(name: string, element: HTMLElement, detail: string): void {
    const spec = this.spec(element);
    if (name === 'close') this.close(element);
    else if (name === 'retry' && spec) void this.fill(spec);
    else if (name === 'choices') (window as unknown as { candor: { open(what: string): void } }).candor.open('choices');
    else if (name === 'feedback') void this.feedback(element, parse(detail));
    else if (name === 'history') void this.history();
    else if (name === 'export') void this.hand(detail);
  }

  // What the page asks of us.

  /** A press: what the card will want is asked for at once, while the Wasm is on its way. */
  begin(spec: Spec): void {
    const id = spec.element.getAttribute('recommendation');
    void this.notice();
    if (!this.site || spec.kind === 'ask') return;
    // What nobody came for is old by then.
    setTimeout(() => this.ahead.clear(), 5_000);
    this.who.find().then(
      (session) => {
        if (session) this.ahead.set('', this.standing(session));
        if (spec.kind === 'why' && id && !this.inline(spec)) this.ahead.set(id, this.explanation(id, session));
      },
      () => {},
    );
  }

  /** Asks for what a card shows, and for what stands. */
  async fill(spec: Spec): Promise<void> {
    this.lost.delete(spec);
    if (!this.site || spec !== this.spec(spec.element)) return;
    const { kind, element, lang } = spec;
    // Seen, not touched: only what is the same for everyone.
    if (kind === 'ask') return void ((await this.notice()) || this.close(element));
    const id = kind === 'why' && !this.inline(spec) && element.getAttribute('recommendation');
    const reached = this.gather(lang);
    const [stands, explained] = await Promise.all([reached, id ? this.explain(spec, id) : true]);
    if (!stands || !explained) this.lost.add(spec);
    if (spec === this.spec(element)) this.listen();
  }

  /** The page came to the front, or back to the network: what waits is sent. */
  async flush(online: boolean): Promise<void> {
    if (online) {
      this.cut(false);
      for (const spec of this.lost) void this.fill(spec);
    }
    if (!wasm.holds() && !this.shelf.keys('out:').length) return;
    await this.who.find().catch(() => this.later(wasm.unknown));
    this.later(() => wasm.event(online ? 'online' : 'flush'));
  }

  hidden(): void {
    wasm.event('hidden');
    this.deaf();
  }

  subject(): string | null {
    return this.who.now?.subject ?? null;
  }

  async choices(lang: string): Promise<unknown> {
    if (this.site) await this.gather(lang);
    return parse(wasm.choices());
  }

  identify(): void {
    this.deaf();
    this.ahead.clear();
    this.who.forget();
    this.later(wasm.forget);
  }

  /** Everything this device keeps goes, and the anonymous subject with it. What was refused stays refused. */
  async forget(): Promise<void> {
    const refused = this.get('refused');
    const session = await this.who.find().catch(() => undefined);
    if (session && !this.who.signedIn) await this.ask('erase', { capability: session.capability });
    this.shelf.clear();
    if (refused) this.set('refused', refused);
    this.identify();
  }

  /** Hears the other tabs, by channel or, where there is none, by storage. */
  join(): void {
    if (!this.site) return;
    const name = `candor:${this.site}`;
    if (typeof BroadcastChannel === 'function') {
      this.tabs = new BroadcastChannel(name);
      this.tabs.onmessage = ({ data }) => {
        if (!this.who.of || data?.of !== this.who.of) return;
        this.load(true);
        this.later(() => wasm.stand(data, 'tab'));
      };
    }
    addEventListener('storage', ({ key }) => key?.startsWith(name + ':') && this.load(true));
  }

  /** Nothing needs to be heard while no card is open. */
  deaf(): void {
    this.stop?.abort();
    this.stop = undefined;
  }

  // How.

  /** Tells the Wasm, in the order in which things were heard. */
  private later(what: () => void): void {
    void this.ready.then(what);
  }

  /** Whether there is a way to the service, as its last answer, or none, tells. */
  cut(is: boolean): void {
    if (this.isCut !== is) this.later(() => wasm.offline(is));
    this.isCut = is;
  }

  private inline = ({ element }: Spec): boolean => !!element.querySelector('script[data-candor=explanation]');

  private async ask(path: string, body?: object, how?: How): Promise<Answer> {
    const url = `${this.origin}/v1/${path}`;
    const answer = await (body ? request(url, { site: this.site, ...body }, how) : request(`${url}?site=${this.site}`));
    this.cut(!answer.status);
    return answer;
  }

  /** The same for everyone: asked for without saying who asks. */
  private notice(): Promise<boolean> {
    if (!this.site) return Promise.resolve(true);
    return (this.noticed ??= this.ask('notice').then(async ({ value }) => {
      await this.ready;
      const understood = wasm.notice(value);
      if (!understood) this.noticed = undefined;
      return understood;
    }));
  }

  /** What stands now, as far as anybody is known. */
  private async gather(lang: string): Promise<boolean> {
    const known = this.notice();
    let reached = true;
    try {
      const session = await this.who.find();
      if (session) {
        await this.ready;
        const { epoch, rev } = parse(wasm.choices()) ?? {};
        const { status, value } = await (this.early('') ?? this.standing(session, epoch && { epoch, rev }));
        reached = status === 204 || (status === 200 && wasm.stand(value, epoch ? 'other-device' : 'stored'));
      } else {
        await this.ready;
        wasm.alone();
      }
    } catch {
      reached = false;
    }
    reached = (await known) && reached;
    this.later(() => wasm.gathered(lang, reached));
    return reached;
  }

  private standing({ capability }: Session, known?: object): Promise<Answer> {
    return this.ask('choices', { capability, device: this.device, ...known });
  }

  /** What a press asked for, once. */
  private early(what: string): Promise<Answer> | undefined {
    const answer = this.ahead.get(what);
    this.ahead.delete(what);
    return answer;
  }

  private explanation(id: string, session: Session | undefined): Promise<Answer> {
    return this.ask('recommendations/' + encodeURIComponent(id), { capability: session?.capability });
  }

  /** Asked again while the shop has not said how the list came about. */
  private async explain({ element }: Spec, id: string): Promise<boolean> {
    let answer: Answer = { status: 0 };
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      const session = await this.who.find().catch(() => null);
      if (session === null) break;
      answer = await (this.early(id) ?? this.explanation(id, session));
      await this.ready;
      if (answer.status !== 404 || attempt === TRIES) break;
      wasm.explained(element, id, undefined, 'not-ready');
      await pause(Math.min(Math.max(answer.wait ?? 1_000, 250), 10_000));
      // The element may want another document by now.
      if (element.getAttribute('recommendation') !== id) return true;
    }
    this.later(() => wasm.explained(element, id, answer.value, 'unreachable'));
    return answer.status === 200;
  }

  /** While a card is open the service tells of changes made elsewhere. */
  private listen(): void {
    const session = this.who.now;
    if (!session || this.stop || document.visibilityState === 'hidden') return;
    const stop = (this.stop = new AbortController());
    const over = (): void => {
      // Ended by the service or the network: the next opening asks again.
      if (this.stop === stop) this.stop = undefined;
    };
    request(`${this.origin}/v1/live`, { site: this.site, capability: session.capability, device: this.device }, { stop: stop.signal, as: 'stream' })
      .then(({ value }) => value && events(value as ReadableStream<Uint8Array>, (data) => wasm.stand(parse(data), 'other-device')))
      .then(over, over);
  }

  /** The outbox as storage holds it. */
  private load(byTab: boolean): void {
    const { of } = this.who;
    if (!of) return;
    this.later(() => {
      if (this.who.of !== of) return;
      const entries = ['out:', 'kept:'].flatMap((prefix) => this.shelf.keys(`${prefix}${of}:`)).map((key) => parse(this.get(key)));
      wasm.stored(entries, Number(this.get('seq:' + of)) || 1, byTab);
    });
  }

  private async own(path: string, as?: How['as']): Promise<Answer | undefined> {
    const session = this.site ? await this.who.find().catch(() => undefined) : undefined;
    return session && this.ask(path, { capability: session.capability }, { as });
  }

  private async feedback(element: HTMLElement, said: { kind: string }): Promise<void> {
    const capability = this.who.now?.capability;
    const answer = this.site ? await this.ask('feedback', { capability, ...said }) : undefined;
    const { id } = (answer?.value ?? {}) as { id?: string };
    wasm.received(element, said.kind, id);
  }

  private async history(): Promise<void> {
    const answer = await this.own('history');
    wasm.history(answer?.value, !answer);
  }

  /** The access file, handed over as it came; without a service, what stands here. */
  private async hand(choices: string): Promise<void> {
    const answer = await this.own('export', 'text');
    const text = answer ? answer.value : choices;
    if (typeof text !== 'string') return wasm.history(undefined, false);
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
    link.download = 'my-choices.json';
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 9_999);
  }
}
