// The browser around a simulated page: what the core that is shipped asks of its globals, over what the simulator
// lends (`src/page/natives.rs`). Time, chance, storage, network and the other tabs are the simulator's.

import type { Core, Host, Spec } from '../../../widget/loader/core/types';
import { Abort, Clock, element, Listeners, Timers } from './globals';

type Native = (...args: any[]) => any;
declare const native: Record<string, Native>;

const ORIGIN = 'https://shop.example';
/** What a file of the loader finds around it. */
const AROUND = [
  'module', 'exports', 'require', 'url', 'native', 'page', 'window', 'document', 'navigator', 'localStorage', 'indexedDB',
  'BroadcastChannel', 'fetch', 'setTimeout', 'clearTimeout', 'addEventListener', 'matchMedia', 'performance', 'crypto',
  'Date', 'Math', 'Object', 'URL', 'AbortController', 'TextDecoder', 'WebAssembly', 'atob',
] as const;
type Around = Record<(typeof AROUND)[number], unknown>;

const files = new Map<string, Native>();
const pages = new Map<number, Page>();

interface Waiting {
  resolve(answer: unknown): void;
  reject(cause: unknown): void;
}

class Page {
  readonly listeners = new Listeners();
  readonly timers: Timers;
  readonly waiting = new Map<number, Waiting>();
  readonly lines = new Map<number, (chunk?: string) => void>();
  channel: { onmessage?: (event: { data: unknown }) => void } | undefined;
  hidden = false;
  core!: Core & { device: string };
  ready: Promise<unknown>;
  card: Spec | undefined;
  readonly host: Host;
  private press!: (spec: Spec) => void;

  constructor(
    readonly page: number,
    site: string,
    private gpc: boolean,
    private locks: boolean,
    private calls: boolean,
  ) {
    this.timers = new Timers(page);
    this.host = {
      site,
      origin: ORIGIN,
      style: () => undefined,
      emit: () => native.act!(page),
      diagnose: (code, message) => native.diagnose!(page, code, message),
      token: () => native.token!(page),
      leave() {},
      pressed: new Promise((go) => (this.press = go)),
      wants: (spec) => spec === this.card,
      died: (cause) => native.died!(page, String(cause)),
    };
    const { boot } = this.run('core', this.around()) as { boot(module: Promise<unknown>, host: Host): Promise<Core> };
    this.ready = boot(Promise.resolve({}), this.host).then((core) => {
      this.core = core as Page['core'];
      core.words('en', { hash: 'words' });
    });
  }

  /** Somebody turns to a card. */
  show(): void {
    this.card = { kind: 'choices', element: element(), root: element(), lang: 'en', inline: true, closed() {}, failed: (why: unknown) => native.died!(this.page, JSON.stringify(why)) } as unknown as Spec;
    const spec = this.card;
    this.press(spec);
    void this.ready.then(() => this.core.show(spec));
  }

  private run(name: string, around: Around): unknown {
    const module = { exports: {} };
    const file = files.get(name);
    if (!file) throw new Error('no such file: ' + name);
    file(...AROUND.map((one) => (one === 'module' ? module : one === 'exports' ? module.exports : around[one])));
    return module.exports;
  }

  private around(): Around {
    const { page, timers, listeners } = this;
    const self = this;
    const loaded = new Map<string, unknown>();
    const localStorage = storage(page);
    const around: Around = {
      module: undefined,
      exports: undefined,
      url: ORIGIN + '/candor/core.js',
      native,
      page,
      require(name: string) {
        const file = name.split('/').pop()!.replace(/#.*$/, '');
        if (file === 'database') return { open: () => self.database() };
        // A file that the network did not bring.
        if (!loaded.has(file)) {
          if (!native.brings!(page)) throw new Error('not to be had: ' + file);
          loaded.set(file, self.run(file, around));
        }
        return loaded.get(file);
      },
      window: { candor: { open() {} } },
      document: {
        get hidden() {
          return self.hidden;
        },
        activeElement: null,
        body: null,
        documentElement: { lang: 'en' },
        querySelector: () => null,
        createElement: element,
      },
      navigator: {
        globalPrivacyControl: this.gpc,
        get onLine() {
          return native.online!(page);
        },
        ...(this.locks && { locks: this.locking() }),
      },
      localStorage,
      Object: objects(page, localStorage),
      indexedDB: { databases: async () => (native.deep_there!(page) ? [{ name: `candor:${this.host.site}:` }] : []) },
      BroadcastChannel: class {
        constructor() {
          // Firefox's, where the site's storage is blocked; elsewhere there is none.
          if (!self.calls) throw new Error('no channel');
          self.channel = this as Page['channel'];
        }
        postMessage(what: unknown) {
          native.post!(page, JSON.stringify(what));
        }
        close() {
          self.channel = undefined;
        }
      },
      fetch: (url: string, how: { body?: string; signal?: InstanceType<typeof Abort>['signal'] } = {}) =>
        new Promise((resolve, reject) => {
          const { body = '', signal } = how;
          if (signal?.aborted) return reject(new Error('aborted'));
          const id = native.fetch!(page, url.slice(ORIGIN.length), body);
          this.waiting.set(id, { resolve, reject });
          signal?.addEventListener('abort', () => {
            native.abort!(page, id);
            if (this.waiting.delete(id)) reject(new Error('aborted'));
            this.lines.get(id)?.();
          });
        }),
      setTimeout: timers.set,
      clearTimeout: timers.clear,
      addEventListener: listeners.add,
      matchMedia: () => ({ matches: false, addEventListener() {} }),
      performance: { now: () => native.time!() },
      crypto: { getRandomValues: (bytes: Uint8Array) => (bytes.set(native.bits!(bytes.length)), bytes) },
      Date: Clock(() => native.clock!(page)),
      Math: Object.assign(Object.create(Math), { random: () => native.chance!() }),
      URL: class {
        constructor(readonly href: string) {}
      },
      AbortController: Abort,
      TextDecoder: class {
        decode(chunk = '') {
          return chunk;
        }
      },
      WebAssembly: { instantiate: async () => ({}) },
      atob: (text: string) => native.atob!(text),
    };
    return around;
  }

  private locking(): object {
    const { page } = this;
    return {
      async request(name: string, _: object, work: (lock: object | null) => unknown) {
        await undefined;
        const held = native.lock!(page, name);
        try {
          return await work(held ? {} : null);
        } finally {
          if (held) native.unlock!(page, name);
        }
      },
    };
  }

  /** What `widget/loader/rare/database.ts` makes of the browser's own. */
  private database(): object {
    const { page } = this;
    const soon = <T>(work: () => T): Promise<T> =>
      new Promise((resolve, reject) =>
        this.timers.set(() => {
          try {
            resolve(work());
          } catch (cause) {
            reject(cause);
          }
        }, 3),
      );
    return {
      all: () => soon(() => JSON.parse(native.deep_all!(page))),
      put: (key: string, value?: string) => soon(() => native.deep_put!(page, key, value ?? null)),
      drop: (forget?: boolean) => soon(() => native.deep_drop!(page, !!forget)),
    };
  }
}

const storage = (page: number): object => ({
  get length(): number {
    return native.keys!(page).length;
  },
  getItem: (key: string) => native.get_item!(page, key),
  setItem: (key: string, value: string) => native.set_item!(page, key, value),
  removeItem: (key: string) => native.remove_item!(page, key),
});

/** `Object` as pages use it: the keys of storage are what it holds. */
const objects = (page: number, storage: object): object =>
  Object.assign(Object.create(Object), { keys: (of: object) => (of === storage ? native.keys!(page) : Object.keys(of)) });

const of = (page: number): Page => pages.get(page)!;
/** Once the core is there. */
const then = (page: number, work: (core: Page['core']) => unknown): void => void of(page).ready.then(() => work(of(page).core));

// What the simulator does with pages.

Object.assign(globalThis, {
  sim: {
    file: (name: string, code: string) => void files.set(name, new Function(...AROUND, code) as Native),
    open: (page: number, site: string, gpc: boolean, locks: boolean, calls: boolean) => void pages.set(page, new Page(page, site, gpc, locks, calls)),
    gone: (page: number) => void pages.delete(page),
    show: (page: number) => of(page).show(),
    hide: (page: number) => then(page, (core) => of(page).card && core.hide(of(page).card!.element)),
    flush: (page: number) => then(page, (core) => core.flush()),
    choices: (page: number) => then(page, (core) => core.choices()),
    identify: (page: number) => of(page).host.changed?.(),
    forget: (page: number) => then(page, (core) => core.forget()),
    refuse: (page: number, is: boolean) => then(page, (core) => core.refuse(is)),
    visible(page: number, is: boolean) {
      of(page).hidden = !is;
      of(page).listeners.tell('visibilitychange', {});
    },
    leave(page: number, persisted: boolean) {
      of(page).hidden = true;
      of(page).listeners.tell('pagehide', { persisted });
    },
    back(page: number) {
      of(page).hidden = false;
      of(page).listeners.tell('pageshow', { persisted: true });
    },
    network: (page: number, is: boolean) => of(page).listeners.tell(is ? 'online' : 'offline', {}),
    message: (page: number, text: string) => of(page).channel?.onmessage?.({ data: JSON.parse(text) }),
    stored: (page: number, key: string, newValue: string | null) => of(page).listeners.tell('storage', { key, newValue }),
    /** Runs the timer that is due first. */
    tick: (page: number): boolean => of(page).timers.fire(),
    ready: (page: number): boolean => !!of(page).core,
    device: (page: number): string => of(page).core?.device ?? '',
    subject: (page: number): string => of(page).core?.subject() ?? '',
    deliver(page: number, id: number, status: number, type: string, retry: string | null, text: string) {
      const waiting = of(page).waiting.get(id);
      if (!waiting) return;
      if (!status) of(page).waiting.delete(id), waiting.reject(new Error('no network'));
      else waiting.resolve(answer(of(page), id, status, type, retry, text));
      of(page).waiting.delete(id);
    },
    line: (page: number, id: number, chunk: string | null) => of(page).lines.get(id)?.(chunk ?? undefined),
  },
});

function answer(page: Page, id: number, status: number, type: string, retry: string | null, text: string): object {
  const named: Record<string, string | null> = { 'content-type': type, 'retry-after': retry };
  return {
    status,
    ok: status > 199 && status < 300,
    headers: { get: (name: string) => named[name] ?? null },
    text: async () => text,
    json: async () => JSON.parse(text),
    body: {
      getReader() {
        const chunks: (string | undefined)[] = text ? [text] : [];
        let wake: (() => void) | undefined;
        page.lines.set(id, (chunk) => (chunks.push(chunk), wake?.()));
        return {
          async read() {
            while (!chunks.length) await new Promise<void>((go) => (wake = go));
            const value = chunks.shift();
            if (value === undefined) page.lines.delete(id);
            return { value, done: value === undefined };
          },
        };
      },
    },
  };
}
