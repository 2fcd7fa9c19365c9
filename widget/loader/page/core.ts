// Fetches the Wasm, its glue and the words, once for all elements of a page,
// and says exactly what stood in the way when it cannot.

import type { Core, Host, Spec } from '../core/types';
import { diagnose, emit, leave } from './report';
import { style } from './chip';
import { file, origin, site } from './site';

declare const CANDOR_GLUE: string;
declare const CANDOR_WASM: string;
declare const CANDOR_WORDS: Record<string, string>;

/** Why there is no card. `reachable`: the service answered, so its page can be opened instead. */
export class Blocked extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly fix: string,
    readonly reachable = true,
  ) {
    super(message);
  }
}

/** Whatever else went wrong, a card that does not come has a cause to tell. */
export const blocked = (cause: unknown): Blocked =>
  cause instanceof Blocked ? cause : new Blocked('stopped', 'The card stopped: ' + cause, 'Report it.');

const PATIENCE = 10_000;

let starting: Promise<Core> | undefined;
let running: Core | undefined;
let compiled: Promise<WebAssembly.Module> | undefined;
let generation = 0;
let stopped = false;
let lastDeath = -Infinity;
let getToken: (() => unknown) | null | undefined;
const words = new Map<string, Promise<unknown>>();
/** What is open, or on its way; also inside other shadow roots. */
export const shown = new Map<HTMLElement, Spec>();
let press: (spec: Spec) => void;
const pressed = new Promise<Spec>((go) => (press = go));

export const current = (): Core | undefined => running;
export const identified = (): boolean => !!getToken;

/** Null: nobody is signed in. */
export function identify(fn: (() => unknown) | null): void {
  getToken = fn;
  host.changed?.();
  host.came?.();
}

export const host: Host = {
  site,
  origin,
  style,
  emit,
  diagnose,
  leave,
  token: () => getToken?.(),
  pressed,
  wants: (spec) => shown.get(spec.element) === spec,
  died,
};

/** The nearest language we have words in. */
export function language(from: Element): string {
  const wanted = from.closest<HTMLElement>('[lang]')?.lang || document.documentElement.lang || navigator.language;
  const base = wanted.toLowerCase().split('-')[0]!;
  return Object.hasOwn(CANDOR_WORDS, base) ? base : 'en';
}

/** Static bytes only: nothing here tells the service who asks, or about what. */
export function load(lang: string): Promise<Core> {
  let text = words.get(lang);
  if (!text) {
    text = get(CANDOR_WORDS[lang]!).then((answer) => answer.json());
    text.catch(() => words.delete(lang));
    words.set(lang, text);
  }
  starting ??= start().catch((error) => {
    starting = compiled = undefined;
    // A file that could not be imported is never asked for again under the same address.
    generation++;
    throw error;
  });
  return Promise.all([starting, text]).then(([core, messages]) => {
    core.words(lang, messages);
    return core;
  });
}

export async function show(spec: Spec): Promise<void> {
  shown.set(spec.element, spec);
  press(spec);
  const core = await load(spec.lang);
  // Closed, or gone, while it was on its way.
  if (host.wants(spec) && spec.element.isConnected) core.show(spec);
}

export function hide(element: HTMLElement): void {
  shown.delete(element);
  running?.hide(element);
}

async function start(): Promise<Core> {
  if (stopped) throw blocked('again');
  (compiled ??= compile()).catch(() => 0);
  // A stopped instance stays stopped: a new fragment gives a new instance of the same cached glue.
  const { boot } = (await within(import(file(CANDOR_GLUE) + (generation ? '#' + generation : '')))) as { boot(module: Promise<WebAssembly.Module>, host: Host): Promise<Core> };
  return (running = await boot(compiled, host));
}

async function compile(): Promise<WebAssembly.Module> {
  if (typeof WebAssembly !== 'object') {
    throw new Blocked('no-wasm', 'No WebAssembly.', 'Links open the same card.');
  }
  const answer = await get(CANDOR_WASM);
  try {
    if (answer.headers.get('content-type') === 'application/wasm') return await WebAssembly.compileStreaming(answer);
    diagnose('wasm-mime', 'Not application/wasm.', 'Serve it so.');
    return await WebAssembly.compile(await answer.arrayBuffer());
  } catch (cause) {
    const text = String(cause);
    throw /unsafe-eval|Content Security/i.test(text)
      ? new Blocked('wasm-unsafe-eval', 'CSP blocks WebAssembly.', "Add 'wasm-unsafe-eval' to script-src.")
      : new Blocked('wasm-broken', 'Not compiled: ' + text, 'Serve all of pkg/ beside candor.js.');
  }
}

async function get(name: string): Promise<Response> {
  const answer = await within(fetch(file(name), { credentials: 'omit' }));
  if (!answer.ok) throw new Blocked('missing-file', `${name}: ${answer.status}.`, 'Serve all of pkg/ beside candor.js.');
  return answer;
}

/** What has to be fetched: there in time, or it is said why not. */
const within = <T>(work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    setTimeout(reject, PATIENCE, new Blocked('timeout', 'Too slow.', 'Check ' + origin + '.', false));
    work.then(resolve, (cause) =>
      reject(
        navigator.onLine
          ? new Blocked('unreachable', 'Not fetched: ' + cause, `Allow ${origin} in script-src and connect-src.`, false)
          : new Blocked('offline', 'No connection.', 'Try later.', false),
      ),
    );
  });

/** A trap poisons an instance, never the page: what was open is drawn again by a new one. */
function died(cause: unknown): void {
  const now = performance.now();
  stopped = now - lastDeath < PATIENCE;
  lastDeath = now;
  generation++;
  starting = running = undefined;
  diagnose('stopped', 'The card stopped: ' + cause, 'Report it.');
  const open = [...shown.values()];
  shown.clear();
  for (const spec of open) show(spec).catch((cause) => spec.failed(blocked(cause)));
}
