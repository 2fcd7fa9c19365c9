// `window.candor`: the queue a page fills before we are here, and what takes its place.

import { current, host, identified, identify, language, load, shown } from './core';
import { attempt, empty, kept } from './kept';
import { on } from './report';

type Call = [name: string, ...args: unknown[]];
type Opened = HTMLElement & { link_?: HTMLElement | null; open?(): void };
type Known = Record<string, (...args: unknown[]) => unknown>;

interface Kept {
  epoch: string;
  rev: number;
  controls: Record<string, unknown>;
  allowed: string[];
  /** Found while a signal said no: Global Privacy Control, or the shop's own consent tool. */
  signal: boolean;
  /** When it was found. */
  at: number;
}

/**
 * What this device was last told, for an anonymous visitor. A signed-in person's is
 * never read back: until the service has said who it is, nothing is known.
 */
function state(): Kept | undefined {
  if (identified()) return;
  // What is nothing, or no JSON, is unknown.
  const known: Kept | undefined = attempt(() => JSON.parse(kept('state')!));
  const age = Date.now() - known?.at!;
  // Good for a day by a clock that was not ahead; and a signal may have come since.
  if (age >= 0 && age < 864e5 && (known!.signal || !(host.refuses || (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl)) && Array.isArray(known!.allowed)) return known;
  return;
}

export const core = () => load(language(document.documentElement));

/** Finds or makes the element that shows what is asked for. */
function open(what: string, id?: string, link?: HTMLElement): boolean {
  const name = 'candor-' + what;
  let element = [...document.getElementsByTagName(name)].find((e) => !id || e.getAttribute('recommendation') === id) as Opened | undefined;
  if (!element && what === 'choices') document.body.append((element = document.createElement(name) as Opened));
  // Where no card could come the link is a link.
  if (!element || (link && element.link_ === null)) return false;
  element.link_ = link;
  element.open?.();
  return true;
}

const api = {
  choices: async () => current()?.choices() ?? state() ?? (await core()).choices(),
  allowed: (purpose: string, source: string): boolean =>
    current()?.allowed(purpose, source) ?? state()?.allowed.includes(purpose + '/' + source) ?? false,
  subject: (): string | null => current()?.subject() ?? null,
  open,
  close: (): void => shown.forEach(({ kind, element }) => kind === 'ask' || (element as unknown as { close(): void }).close()),
  identify,
  forget: async () => {
    // Whether the rest can be fetched or not.
    empty();
    return (current() ?? (await core())).forget();
  },
  on,
  push: (...calls: Call[]): void => {
    // Nobody waits for it: what goes wrong is said where the page's own mistakes are.
    for (const [name, ...args] of calls) (async () => Object.hasOwn(api, name) && (api as unknown as Known)[name]!(...args))().catch(console.error);
  },
};

export function install(): void {
  const queue = (window as { candor?: unknown }).candor;
  (window as { candor?: unknown }).candor = api;
  if (Array.isArray(queue)) for (const entry of queue) if (Array.isArray(entry)) api.push(entry as Call);
}

/** Links to the choices page open it here instead; with a modifier they stay links. */
export function links(): void {
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.composedPath().find((e) => e instanceof Element && e.matches('a[data-candor-open]')) as HTMLElement | undefined;
    if (link && open(link.dataset.candorOpen!, '', link)) event.preventDefault();
  });
}
