// The senses of the Wasm: network, storage, tabs and the person's identity. What
// they hear is told to it in the order it was heard, once it is there; requests
// that a press needs set out before, while the Wasm is still on its way.

import * as wasm from 'candor-wasm';
import type { Ways } from '../rare/acts';
import { decisionId, deviceId } from './ids';
import { type Answer, type How, pause, request } from './net';
import { Person, type Session, left } from './person';
import { rare } from './rare';
import { CALL, parse, Shelf } from './shelf';
import { tongue } from './tongue';
import type { Host, Spec } from './types';

declare const CANDOR_ACTS: string;
/** Keeps what must last in a cookie of the shop's own server, where the script tag names a path for it. */
declare const CANDOR_KEEPING: string;
/** Hears the service while a card is open. */
declare const CANDOR_LIVE: string;
/** Whether there is a question to be asked, and until when a no ends the asking. */
declare const CANDOR_ASKING: string;

const TRIES = 6;
/** In place of a status: another tab is sending. */
const OTHER_TAB = 1;
/** Where something was switched off: the words of the protocol in its order. */
const PLACES = 'other-device this-device page chat signal shop anew'.split(' ');
const asking = () => rare<typeof import('../rare/asking')>(CANDOR_ASKING);

/** Of one control or datum; whatever else came instead is none. */
interface Against {
  control: string;
  datum?: string;
  place?: string;
  at?: string;
  terms_changed?: true;
}

export class Drivers {
  readonly gpc = !!(navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl;
  readonly tongue = tongue;
  readonly id = decisionId;
  // `declare` writes nothing into the file for what begins as nothing, or in the constructor.
  declare readonly site: string;
  declare readonly origin: string;
  declare readonly diagnose: Host['diagnose'];
  private declare shelf_: Shelf;
  private declare who_: Person;
  private fresh_ = deviceId();
  /** A name was kept when it was last looked for. */
  private declare named_: boolean;
  private declare tabs_: BroadcastChannel | undefined;
  private declare stop_: AbortController | undefined;
  private isCut_ = false;
  private declare ended_: boolean;
  private declare timer_: ReturnType<typeof setTimeout> | undefined;
  /** How often in a row nobody could say who is there. */
  private unsaid_ = 0;
  /** The name of the device that what stands was told for. */
  private declare stood_: string | undefined;
  /** Of the words that came last. */
  lang = '';
  private declare noticed_: Promise<boolean> | undefined;
  /** How long a refusal ends the asking, as the notice says. */
  private declare span_: unknown;
  /** Hash of the notice that is shown. */
  private shown_ = '';
  /** What the last answer says of grants that did not come into force. */
  private declare against_: Against[] | undefined;
  /** Somebody else may be there, and the Wasm has not heard so. */
  declare leaving_: boolean;
  /** Elements whose card could not be filled: tried again when the way is free. */
  private lost_ = new Set<Spec>();
  /** What a press asked for before the Wasm was there, and for whom. */
  private ahead_ = new Map<string, Promise<Answer>>();
  private declare awake_: Promise<void> | undefined;
  private declare tag_: HTMLElement | null;

  constructor(
    private host_: Host,
    private ready_: Promise<void>,
    private close_: (element: HTMLElement) => void,
    private open_: () => Spec[],
  ) {
    ({ site: this.site, origin: this.origin, diagnose: this.diagnose } = host_);
    this.shelf_ = new Shelf(`candor:${host_.site}:`, (is) => this.later_(() => wasm.state(1, is)), (key, value) => this.tabs_?.postMessage({ key, value }));
    this.who_ = new Person({
      shelf: this.shelf_,
      device: () => this.device,
      token: async () => host_.token(),
      ask: (path, body) => this.ask_(path, body),
      diagnose: host_.diagnose,
      known: (of, subject, signedIn, other) => {
        this.unsaid_ = 0;
        this.later_(() => {
          if (other) wasm.forget();
          wasm.known(of, subject, signedIn);
          if (other) this.anew_();
        });
        this.load_(false);
        // Marks whose it is that waits: there before the network may be gone.
        if (signedIn) asking().catch(() => {});
      },
    });
  }

  // What the Wasm asks of us.

  /**
   * Kept from the first act on; until then a name for this page view alone. Where storage was emptied under the
   * page the numbers went with it, and the name goes too: other tabs may have counted on.
   */
  get device(): string {
    const kept = this.kept('device');
    if (this.named_ && !kept) this.fresh_ = deviceId();
    this.named_ = !!kept;
    return kept || this.fresh_;
  }
  tell(name: 'choice' | 'saved', detail: string): void {
    this.host_.emit(name, parse(detail));
  }
  kept(key: string): string {
    return this.shelf_.get(key) ?? '';
  }
  set(key: string, value: string): boolean {
    // Other tabs count under it from now on.
    this.named_ ||= key === 'device';
    // Somebody says no on this device: without a moment from which they may be, they are never asked again.
    if (/^(refused|out:)/.test(key)) {
      const before = this.kept('ask-after');
      const { said, era } = this.who_;
      if (/^r|"denied"/.test(key + value)) this.remove('ask-after');
      // After forget() nothing of it comes back.
      asking().then(({ heard }) => era === this.who_.era && heard(this, key, value, this.span_, before, said)).catch(() => {});
    }
    return this.shelf_.set(key, value);
  }
  next(of: string): number {
    return +this.kept('seq:' + of) || 1;
  }
  remove(key: string): void {
    this.shelf_.remove(key);
  }

  person(): Promise<unknown> {
    return this.who_.find().catch(() => this.unsure_());
  }

  /** Nobody can say who is there: asked again while a decision waits for that. */
  private unsure_(): void {
    this.later_(() => {
      wasm.unknown();
      clearTimeout(this.timer_);
      // Drawn evenly, twice as long each time, up to some five minutes.
      if ((wasm.holds() || this.shelf_.keys('out:')[0]) && !this.ended_) this.timer_ = setTimeout(() => void this.flush(), this.who_.rest + 2e4 * 2 ** Math.min(this.unsaid_++, 4) * Math.random());
    });
  }

  renew(): void {
    this.who_.renew().then((session) => session && this.later_(() => wasm.event('flush'))).catch(() => {});
  }

  send(decisions: string, keepalive: boolean, grants: boolean): void {
    const { of, era, now, held_: last } = this.who_;
    // Whoever decided this is gone: a listener of the page said so in this turn, and the Wasm hears of it next.
    if (!of) return;
    const held = 'wait:' + of;
    // Whichever page of this device was told to wait.
    const rest = (): number => (keepalive ? 0 : left(+this.kept(held)));
    // A page that is going away waits for nothing: the request leaves in this turn. A refusal is taken with a
    // capability whose time has passed, and under another name of the device, too; but what stands is then told
    // for that name: so only by a page that is going away, or where there is no other.
    const old = grants ? undefined : last;
    let session = now || ((keepalive || last?.device === this.device) && old) || undefined;
    const ask = async (): Promise<Answer> => {
      // Nor is a subject made, or looked for, as long as that lasts. Made in its turn: of one browser there is one.
      if (rest()) return { status: 429, wait: rest() };
      session ??= await (grants ? this.who_.findOrMake() : this.who_.find()).catch(() => old);
      // Somebody else may have come meanwhile, and these are not theirs. Who is the same has them from storage.
      if (era !== this.who_.era) return { status: 0 };
      const answer = session ? await this.ask_('decisions', { capability: session.capability, decisions: parse(decisions) }, { keepalive }) : { status: 0, wait: this.who_.rest || undefined };
      // Before another tab may send. Of a session that could not be had only where there is none to send with.
      if (answer.wait && (session || of === 'anon')) this.set(held, Date.now() + answer.wait + '');
      return answer;
    };
    void (keepalive ? ask() : this.alone_(ask)).then(({ status, value, wait }) =>
      this.later_(() => {
        if (era !== this.who_.era) return;
        this.against_ = (value as { against?: Against[] } | undefined)?.against;
        if (wasm.answered(value)) this.stood_ = session?.device;
        else wasm.failed(status, wait);
        // Erased meanwhile: who is here now has to be asked; or the device has another name by now.
        if (status === 410 || (session && session.device !== this.device)) void this.again_();
      }),
    );
  }

  against(control: string, datum: string, when: boolean): number {
    const one = this.against_?.find?.((one) => one?.control === control && (one.datum ?? '') === datum);
    return when ? Date.parse(one?.at!) : PLACES.indexOf(one?.place!) + (one?.terms_changed ? 9 : 1);
  }

  share(choices: string): void {
    this.call_({ ...parse(choices), of: this.subject() + this.device });
  }

  act(name: string, element: HTMLElement, detail: string): void {
    const spec = this.spec_(element);
    const { era } = this.who_;
    if (name === 'close') this.close_(element);
    else if (name === 'retry' && spec) void this.fill(spec);
    else if (name === 'choices') (window as unknown as { candor: { open(what: string): void } }).candor.open('choices');
    else {
      const received = (kind: string, id?: string): void => wasm.received(element, kind, id);
      const ask: Ways['ask'] = (path, body, as) => this.ask_(path, body, { as });
      rare<typeof import('../rare/acts')>(CANDOR_ACTS)
        .then(({ act }) => act(name, detail, { site: this.site, who: this.who_, era, ask, received, history: wasm.history, root: spec?.root }))
        .catch(() => era === this.who_.era && (name === 'feedback' ? received(parse(detail).kind) : wasm.history(undefined, false)));
    }
  }

  // What the page asks of us.

  /** A press: what the card will want is asked for at once, while the Wasm is on its way. */
  begin(spec: Spec): void {
    const id = this.id_(spec);
    void this.notice_();
    if (!this.site || spec.kind === 'ask') return;
    // What nobody came for is old by then.
    setTimeout(() => this.ahead_.clear(), 5_000);
    // Who it is may be on the shelf, and nobody is looked for twice.
    this.wake().then(() => this.who_.find()).then(
      (session) => {
        if (session) this.ahead_.set(session.capability, this.standing_(session));
        if (id) this.ahead_.set(id + session?.capability, this.explanation_(id, session));
      },
      () => {},
    );
  }

  /** Asks for what a card shows, and for what stands. */
  async fill(spec: Spec): Promise<void> {
    this.lost_.delete(spec);
    if (!this.site || spec !== this.spec_(spec.element)) return;
    const { kind, element } = spec;
    // Seen, not touched: only what is the same for everyone.
    if (kind === 'ask') return void ((await this.notice_()) || this.close_(element));
    const id = this.id_(spec);
    const [stands, explained] = await Promise.all([this.gather_(), id ? this.explain_(spec, id) : true]);
    if (!stands || !explained) this.lost_.add(spec);
    if (spec === this.spec_(element)) this.listen_();
  }

  /** The page came to the front, or back to the network: what waits is sent. */
  async flush(online?: boolean): Promise<void> {
    if (online) {
      this.cut(false);
      for (const spec of this.lost_) void this.fill(spec);
      void this.erase_();
    }
    // Where somebody turned to us what stands is asked for again, and heard of from then on.
    if (this.who_.of) void this.again_();
    if (!wasm.holds()) {
      const { era, of } = this.who_;
      if (!this.shelf_.keys('out:').length) return;
      // Somebody who did not turn to us is not asked about for what another left; nor is who came while that was asked.
      if (!of && (!(await asking().then(({ theirs }) => theirs(this.shelf_, this.host_.token())).catch(() => this.unsure_())) || era !== this.who_.era)) return;
    }
    // Without it what the next page may act on could not be noted down.
    void this.notice_();
    await this.person();
    this.later_(() => wasm.event(online ? 'online' : 'flush'));
  }

  /** What an earlier page kept is there from then on: no card, no new name for the device before that. */
  wake(): Promise<void> {
    return (this.awake_ ??= this.look_());
  }

  /**
   * The shop's own consent tool says no, or does not any more. `known`: somebody is signed in, or chose on this
   * device, and it or the browser says no for them. Who is at the page is asked for nobody else, unless they turned to us.
   */
  refuse(is: boolean, known?: boolean): Promise<boolean> | undefined {
    // At once: whoever hears the tool after us is not told of before.
    wasm.state(2, is);
    return known || (is && this.open_()[0]) ? this.again_() : undefined;
  }

  hidden(): void {
    wasm.event('hidden');
    this.deaf();
  }

  /** Whether a question may be drawn: not where it was answered with a no on this device, nor where that is not known. */
  asks(spec: Spec, anew: boolean): Promise<boolean> {
    return asking().then(({ asks }) => asks(spec, this, this.gpc, anew, this.span_), () => false);
  }

  /** Somebody refused meanwhile, in another tab or on a page that stood here. */
  settle(): void {
    for (const spec of this.open_()) if (spec.kind === 'ask') void this.asks(spec, false).then((is) => is || this.close_(spec.element));
  }

  /** Somebody turned to us: whose choices these are is known, or was found to be unknown. */
  knows(): unknown {
    return !this.site || this.who_.of || this.who_.era || wasm.holds();
  }

  subject(): string | null {
    return this.who_.last?.subject ?? null;
  }

  async choices(): Promise<unknown> {
    if (this.site) await this.gather_();
    return parse(wasm.choices());
  }

  /** `gone`: of whoever was here nothing is kept. `late`: what was pressed here is older than what others heard since. */
  identify(gone?: boolean, late?: unknown): void {
    this.deaf();
    this.ahead_.clear();
    // The last moment in which what waits can be sent by whoever decided it; before there are words nobody did.
    if (this.lang && !late) wasm.event('hidden');
    this.who_.forget();
    this.leaving_ = true;
    this.host_.leave();
    // Whoever comes is not told by the name of who was here.
    this.fresh_ = deviceId();
    this.later_(() => {
      // What was decided while it was asked who it is has nobody any more: a refusal holds on this device.
      if (!late) wasm.unknown();
      wasm.forget();
      this.leaving_ = false;
      // What is still being looked up is not noted down.
      if (gone) this.who_.era++;
      this.anew_();
      // What waits of whoever is here now goes on its way.
      if (!gone) void this.flush();
    });
  }

  /** Everything this device keeps goes, and the anonymous subject with it: whoever is next at it starts anew. */
  async forget(): Promise<void> {
    const kept = this.who_.stored_ ?? (this.who_.of === 'anon' && this.who_.last);
    if (kept) this.set('owed:' + kept.subject, JSON.stringify(kept));
    this.identify(true);
    // In this turn: whoever goes on to another page waits for nothing.
    const erased = this.erase_();
    // What the Wasm still wrote down on hearing of it goes, too.
    await this.ready_;
    this.shelf_.clear(true);
    this.differs_();
    this.call_({ over: 1 });
    await erased;
  }

  /**
   * Anonymous subjects that were given up are erased, now or from a later page: nothing else leads back to them. What
   * the service does not know any more is.
   */
  private async erase_(): Promise<void> {
    const owed = this.shelf_.keys('owed:');
    await Promise.all(owed.map(async (key) => {
      const { capability } = parse(this.kept(key)) ?? {};
      if (capability && !/^(2|40[14]|41)/.test((await this.ask_('erase', { capability }, { keepalive: true })).status as unknown as string)) return;
      this.differs_();
      this.remove(key);
    }));
    // Nothing is left: the database goes.
    if (owed[0] && !this.shelf_.keys()[0]) this.shelf_.clear();
  }

  /** The shop's own cookie is emptied by a later page, where the file for it has not come. */
  private differs_(): void {
    if (this.tag_) this.set('differs', '1');
  }

  /** Hears the other tabs, by channel and, where there is none, by storage. */
  join(): void {
    if (!this.site) return;
    void this.erase_();
    const name = `candor:${this.site}`;
    const hear = (data: { of?: string; over?: number } | undefined): void => {
      if (data?.over) this.shelf_.leave();
      if (!data?.of) return void (data && this.identify(false, data.over));
      // An anonymous subject that another tab made is on the shelf, and is held from here on: who comes after it is
      // another. One that another tab still speaks for after storage was emptied is not who is here. What is off
      // for one name of the device stands for no other.
      if (!this.who_.of || data.of !== (this.who_.held_ ?? this.who_.kept_())?.subject + this.device) return;
      this.load_(true, data);
    };
    const changed = (key: string, value?: string | null): void => {
      if (key === CALL) hear(parse(value));
      else if (key === 'refused') this.settle(), this.who_.of && void this.again_();
      else if (/^(out|kept|seq)/.test(key)) this.load_(true);
    };
    // It may be there and refuse: Firefox's does where the site's storage is blocked.
    try {
      this.tabs_ = new BroadcastChannel(name);
      this.tabs_.onmessage = ({ data }) => {
        if (!data?.key) return hear(data);
        if (data.key !== CALL) this.shelf_.hear(data.key, data.value);
        changed(data.key, data.value);
      };
    } catch {}
    addEventListener('storage', ({ key, newValue }) => {
      if (key?.startsWith(name + ':')) changed(key.slice(name.length + 1), newValue);
    });
  }

  /** This instance will not answer any more. */
  end(): void {
    this.ended_ = true;
    this.deaf();
    this.tabs_?.close();
    // To a closed one nothing can be said.
    this.tabs_ = undefined;
  }

  /** Nothing needs to be heard while no card is open. */
  deaf(): void {
    this.stop_?.abort();
    this.stop_ = undefined;
  }

  // How.

  /** Whoever is here now sees cards of their own; neither those who listen nor the next page hear of who was here. */
  private anew_(): void {
    this.host_.leave();
    this.remove('state');
    for (const spec of this.open_()) void this.fill(spec);
  }

  /**
   * To the other tabs; nothing said means that whoever was here is gone, `over` that they are forgotten. By storage
   * as well, which keeps the order: what stands is heard before the decision that made it so counts as answered.
   */
  private call_(what: object): void {
    this.tabs_?.postMessage(what);
    this.shelf_.call(JSON.stringify(what));
  }

  private async again_(): Promise<boolean> {
    const [spec] = this.open_();
    const reached = await this.gather_();
    if (spec) this.listen_();
    return reached;
  }

  /** One tab sends at a time; where there are no locks each does, and what is sent twice has the effect of once. */
  private async alone_(ask: () => Promise<Answer>): Promise<Answer> {
    let asked: Promise<Answer> | undefined;
    const once = () => (asked ??= ask());
    try {
      return await navigator.locks.request(`candor:${this.site}:${this.who_.of}`, { ifAvailable: true }, (lock) => (lock ? once() : { status: OTHER_TAB }));
    } catch {
      return once();
    }
  }

  /** Tells the Wasm, in the order in which things were heard. */
  private later_(what: () => unknown): void {
    void this.ready_.then(what);
  }

  private spec_(element: HTMLElement): Spec | undefined {
    return this.open_().find((spec) => spec.element === element);
  }

  /** Whether there is a way to the service, as its last answer, or none, tells. */
  cut(is: boolean): void {
    if (this.isCut_ !== is) this.later_(() => wasm.state(0, is));
    this.isCut_ = is;
  }

  /** The recommendation to ask for: none where its document came with the page. */
  private id_({ kind, element }: Spec): string {
    const id = element.getAttribute('recommendation') ?? '';
    return kind === 'why' && /^[\w.:-]+$/.test(id) && !element.querySelector('script[data-candor=explanation]') ? id : '';
  }

  private async ask_(path: string, body?: object, how?: How): Promise<Answer> {
    const url = `${this.origin}/v1/${path}`;
    const { era } = this.who_;
    if (this.ended_) return { status: 0 };
    const answer = await (body ? request(url, { site: this.site, ...body }, how) : request(`${url}?site=${this.site}`));
    this.cut(!answer.status);
    // Another notice is in force than the one that is shown: the person reads it before they decide again.
    // Which one is shown may be known only after this answer.
    const { notice } = (answer.value ?? {}) as { notice?: unknown };
    const { noticed_ } = this;
    void noticed_?.then(() => {
      if (typeof notice !== 'string' || notice === this.shown_ || noticed_ !== this.noticed_) return;
      this.noticed_ = undefined;
      void this.notice_();
    });
    // What was asked for somebody who is not at the page any more is not told to whoever is.
    return body && era !== this.who_.era && path !== 'session' && path !== 'erase' ? { status: 0 } : answer;
  }

  /** The same for everyone: asked for without saying who asks. */
  private async notice_(): Promise<boolean> {
    return !this.site || (this.noticed_ ??= this.ask_('notice').then(async ({ value }) => {
      await this.ready_;
      const understood = wasm.notice(value);
      this.span_ = (value as any)?.notice?.reask_after;
      if (understood) this.shown_ = (value as any).hash;
      else this.noticed_ = undefined;
      return understood;
    }));
  }

  /** What stands now, as far as anybody is known. */
  private async gather_(again?: boolean): Promise<boolean> {
    const known = this.notice_();
    let { era } = this.who_;
    let reached = true;
    try {
      let session = await this.who_.find();
      ({ era } = this.who_);
      await this.ready_;
      if (session) {
        const { epoch, rev } = parse(wasm.choices()) ?? {};
        const stands = (who: Session) => this.standing_(who, epoch && this.stood_ === this.device && { epoch, rev, notice: this.shown_ });
        let { status, value } = await (this.early_(session.capability) ?? stands(session));
        // A clock here that is behind takes a capability for good that is not any more; and another tab may have had
        // the subject erased, or closed at sign-in.
        if ([401, 403, 410].includes(status)) {
          session = await this.who_.renew();
          ({ status, value } = session ? await stands(session) : (wasm.alone(), { status: 204, value }));
        }
        // Another tab named the device meanwhile: what is off for the one name stands for no other.
        if (session && session.device !== this.device && !again) return this.gather_(true);
        this.stood_ = session?.device;
        reached = status === 204 || (status === 200 && wasm.stand(value, epoch ? 'other-device' : 'stored'));
      } else wasm.alone();
    } catch {
      reached = false;
    }
    reached = (await known) && reached;
    // A decision names the words it was made with: until there are any, nothing is decided quietly.
    if (era === this.who_.era) this.later_(() => this.lang && wasm.gathered(this.lang, reached));
    return reached;
  }

  private standing_({ capability }: Session, known?: object | false): Promise<Answer> {
    return this.ask_('choices', { capability, device: this.device, ...known });
  }

  /** What a press asked for, once; whoever is here by now is told only what was asked for them. */
  private early_(what: string): Promise<Answer> | undefined {
    const answer = this.ahead_.get(what);
    this.ahead_.delete(what);
    return answer;
  }

  private async look_(): Promise<void> {
    await this.shelf_.wake();
    const tag = (this.tag_ = document.querySelector<HTMLElement>('script[data-first-party]'));
    if (tag) await Promise.race([rare<typeof import('../rare/keeping')>(CANDOR_KEEPING).then(({ keep }) => keep(tag, this.host_, this.shelf_)), pause(5_000)]).catch(() => {});
  }

  private explanation_(id: string, session: Session | undefined): Promise<Answer> {
    return this.ask_('recommendations/' + id, { capability: session?.capability });
  }

  /** Asked again while the shop has not said how the list came about. */
  private async explain_(spec: Spec, id: string, attempt = 1): Promise<boolean> {
    const { element } = spec;
    let { era } = this.who_;
    let answer: Answer = { status: 0 };
    const session = await this.who_.find().catch(() => null);
    if (session !== null) {
      ({ era } = this.who_);
      answer = await (this.early_(id + session?.capability) ?? this.explanation_(id, session));
    }
    await this.ready_;
    if (answer.status === 404 && attempt < TRIES) {
      wasm.explained(element, id, undefined, 'not-ready');
      await pause(Math.min(answer.wait ?? 1_000, 10_000));
      // The element may want another document by now, or be somebody else's.
      return element.getAttribute('recommendation') !== id || era !== this.who_.era || this.explain_(spec, id, attempt + 1);
    }
    if (era === this.who_.era) this.later_(() => wasm.explained(element, id, answer.value, 'unreachable'));
    return answer.status === 200;
  }

  /** While a card is open the service tells of changes made elsewhere. */
  private listen_(): void {
    const session = this.who_.now;
    if (!session || this.stop_ || this.ended_ || document.hidden) return;
    const { era } = this.who_;
    const heard = (data: string): void => {
      if (era !== this.who_.era) return this.deaf();
      wasm.stand(parse(data), 'other-device');
      this.stood_ = session.device;
      // What is on elsewhere now may be refused on this device.
      if (this.lang && this.shown_) wasm.gathered(this.lang, true);
    };
    const stop = (this.stop_ = new AbortController());
    const body = { site: this.site, capability: session.capability, device: this.device };
    rare<typeof import('../rare/live')>(CANDOR_LIVE)
      .then(({ hear }) => hear(`${this.origin}/v1/live`, body, stop.signal, heard, () => (this.deaf(), this.again_())))
      .catch(() => this.deaf());
  }

  /** The outbox as storage holds it. `stands`: what another tab says stands. */
  private load_(byTab: boolean, stands?: object): void {
    const { of } = this.who_;
    if (!of) return;
    this.later_(() => {
      if (this.who_.of !== of) return;
      const keys = ['out:', 'kept:'].flatMap((prefix) => this.shelf_.keys(`${prefix}${of}:`));
      const key = keys[wasm.stored(keys.map((key) => parse(this.kept(key))), this.next(of), byTab, stands)];
      if (stands) this.stood_ = this.device;
      // What another version wrote is left to it, and what another tab writes to that.
      if (!key || byTab || parse(this.kept(key))?.decision?.id) return;
      this.remove(key);
      this.who_.trouble_(key);
      this.load_(byTab);
    });
  }
}
