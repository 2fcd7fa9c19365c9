// The shop's own server keeps what has to outlive the browser's storage: Safari empties that after seven
// days without a visit, but leaves a cookie that came by HTTP. Fetched where the script tag names the
// shop's path in `data-first-party`.
//
// What is kept leads back to the choices: the anonymous subject with the device's name and its numbers,
// refusals that were not sent yet, what was refused before there was anybody, and what was asked and
// answered. Of a signed-in person nothing is kept: their own sign-in leads back.

import { parse, type Shelf } from '../core/shelf';
import type { Host } from '../core/types';

type Kept = [key: string, value: string][];

/** Readable, so that nobody asks for what nobody kept: without it there is nothing in the other cookie. */
const MARK = 'candor_kept=';
/** Characters that fit into one cookie. */
const ROOM = 3_584;
/**
 * On the shelf, how the cookie is to it: `0` the same, `1` different, `2` different and not read yet. Where it is not
 * known to be read it is read before it is written.
 */
const DIFFERS = 'differs';
/** Keys that begin so tell that everything was to be forgotten here, with what is still to be erased. */
const FORGOTTEN = 'owed:';
const CONCERNS = /^(device|session|refused|asked|ask-after)$|^(seq|out|owed):/;
/** Binds whoever is at the device, and names nobody. */
const OF_NOBODY = ['refused', 'asked', 'ask-after'];
/** The page waits for no longer than this. */
const PATIENCE = 2_000;
const PAUSE = 500;

/** Brings back what is gone here, and from then on passes on what changes. */
export async function keep(tag: HTMLElement, host: Host, shelf: Shelf): Promise<void> {
  const url = new URL((tag.dataset.firstParty ?? '').replace(/\/?$/, '/kept'), location.href);
  const complain = (what: string): void => host.diagnose('first-party', url.pathname + ': ' + what, 'See docs/integrating.md.');
  if (url.origin !== location.origin) return complain('Not on this origin.');
  const { wants } = host;
  const { set, remove } = shelf;
  const put = (key: string, value: string): boolean => set.call(shelf, key, value);
  const marked = (): boolean => document.cookie.includes(MARK);
  let timer = 0;

  const owed = (): string | undefined => shelf.keys(FORGOTTEN)[0];
  const unread = (): boolean => marked() && !owed() && !/[01]/.test(shelf.get(DIFFERS) ?? '');
  /** Brings what is kept there onto the shelf. What was chosen here meanwhile is newer, and a no of either is one. */
  const read = async (): Promise<boolean> => {
    const { status, text } = await ask(url, {}, PATIENCE);
    // Gone there, too: not asked for again.
    if (status === 204) document.cookie = MARK + ';path=/;max-age=0';
    const back = await followed(status === 200 ? unpack(text, host.site) : [], host);
    if (!unread()) return true;
    const entries = (of: RegExp): string[] => shelf.keys().filter((key) => of.test(key)).map((key) => shelf.get(key)!);
    const said = entries(/^(out|kept):anon/).join();
    // Whoever is signed in said yes to by now is refused no more, either.
    const newer = said + entries(/^(out|kept):/).filter((text) => text.includes('"granted"'));
    // Who said yes here meanwhile has a subject of their own.
    const own = shelf.get('session') || said;
    for (const [key, value] of back) {
      if (key === 'refused' || key === 'asked')
        put(key, [shelf.get(key), ...value.split(' ').filter((word) => !newer.includes(`"${word}"`))].join(' '));
      else if (!own) put(key, value);
    }
    if (back[0]) put(DIFFERS, shelf.get(DIFFERS) ? '1' : '0');
    // Any other is no answer, or one that may be another the next time.
    return [200, 204, 404].includes(status);
  };
  const send = async (leaving = false): Promise<void> => {
    timer = 0;
    if (unread() && (leaving || !(await read()))) return complain('It keeps nothing (0).');
    const text = pack(host.site, shelf);
    const { status } = await ask(url, { method: text ? 'PUT' : 'DELETE', body: text, keepalive: leaving }, 10_000);
    if (status > 299 || !status) complain(`It keeps nothing (${status}).`);
    // What changed meanwhile has its own turn.
    else if (pack(host.site, shelf) === text) text ? put(DIFFERS, '0') : remove.call(shelf, DIFFERS);
  };
  const later = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void alone(host.site, send), PAUSE);
  };
  const during = <T>(key: string, write: () => T): T => {
    if (!CONCERNS.test(key)) return write();
    const before = pack(host.site, shelf);
    const written = write();
    if (key.startsWith(FORGOTTEN) || pack(host.site, shelf) !== before) put(DIFFERS, unread() ? '2' : '1'), later();
    return written;
  };

  if (owed()) put(DIFFERS, '1');
  if (unread()) {
    await read();
    // A question that came into view before this was known is not asked.
    host.wants = (spec) => wants(spec) && !(spec.kind === 'ask' && answered(spec.element, shelf));
  }
  shelf.set = (key, value) => during(key, () => put(key, value));
  // It differs until the shop's server has it, whoever clears the shelf.
  shelf.remove = (key) => key === DIFFERS || during(key, () => remove.call(shelf, key));
  const again = (): void => {
    if (+shelf.get(DIFFERS)! || (!marked() && pack(host.site, shelf))) later();
  };
  again();
  addEventListener('online', again);
  addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') again();
    else if (timer) clearTimeout(timer), void send(true);
  }, true);
}

/** As text that any cookie may hold; nothing where nothing is worth keeping. Room is given in this order. */
function pack(site: string, shelf: Shelf): string | undefined {
  const kept: Kept = [];
  let text: string | undefined;
  const take = (key: string, value = shelf.get(key)): void => {
    if (!value) return;
    const packed = encode(JSON.stringify([site, ...kept, [key, value]]));
    if (packed.length <= ROOM) kept.push([key, value]), (text = packed);
  };
  for (const key of OF_NOBODY) if (key !== 'ask-after' || kept[0]) take(key);
  const { subject, capability, expires_at } = parse(shelf.get('session')) ?? {};
  if (!subject) return text;
  take('session', JSON.stringify({ subject, capability, expires_at }));
  take('device');
  for (const key of [...shelf.keys('seq:'), ...shelf.keys('out:anon:').filter((key) => sound([key, shelf.get(key)]))]) take(key);
  return text;
}

/** What came back is hostile until it is known to be ours. */
function unpack(text: string, site: string): Kept {
  const [of, ...kept] = [parse(decode(text))].flat();
  const fine: Kept = of === site ? kept.filter(sound) : [];
  const has = (key: string): boolean => fine.some(([known]) => known === key);
  return has('session') && has('device') ? fine : ofNobody(fine);
}

const ofNobody = (kept: Kept): Kept => kept.filter(([key]) => OF_NOBODY.includes(key));

function answered(element: HTMLElement & { close?(): void }, shelf: Shelf): boolean {
  const refused = shelf.get('refused')?.split(' ').includes('recommendations/' + element.getAttribute('source'));
  if (!refused) return false;
  element.style.display = 'none';
  element.close?.();
  return true;
}

function sound(entry: unknown): entry is [string, string] {
  const [key, value, ...more] = Array.isArray(entry) ? entry : [];
  if (typeof key !== 'string' || typeof value !== 'string' || more.length) return false;
  if (key === 'refused' || key === 'asked') return /^[!#-%(-;=-[\]-~ ]+$/.test(value);
  if (key === 'ask-after') return /^[1-9]\d{0,15}$/.test(value);
  if (key === 'device') return /^dev_[0-9a-f]{32}$/.test(value);
  if (/^seq:(anon|sub_\w{1,60})$/.test(key)) return /^[1-9]\d{0,8}$/.test(value);
  const { subject, capability, expires_at, decision } = parse(value) ?? {};
  if (key === 'session') return typeof subject === 'string' && /^cap_[\w~.:-]{1,400}$/.test(capability) && Date.parse(expires_at) > 0;
  // A no is taken from anywhere, a yes is not.
  const denies = (change: { choice?: unknown } | null): boolean => change?.choice === 'denied';
  return /^out:anon:[0-9a-f-]{36}$/.test(key) && key.slice(9) === decision?.id && !!decision.changes?.every?.(denies);
}

/** The service knows better which numbers were given, and whether there still is such a subject. */
async function followed(kept: Kept, host: Host): Promise<Kept> {
  const found = (key: string): string => kept.find(([known]) => known === key)?.[1] ?? '';
  const { capability } = parse(found('session')) ?? {};
  if (!capability) return kept;
  const body = JSON.stringify({ site: host.site, capability });
  const { status, text, own } = await ask(new URL(host.origin + '/v1/history'), { method: 'POST', body, credentials: 'omit' }, PATIENCE);
  if (own && [401, 403, 404, 410].includes(status)) return ofNobody(kept);
  const { decisions } = (status === 200 && parse(text)) || {};
  const numbers = [].concat(decisions ?? []).map((one: any) => (one?.device === found('device') && Number.isSafeInteger(one.seq) ? one.seq + 1 : 1));
  const next = Math.max(Number(found('seq:anon')) || 1, ...numbers);
  return [...kept.filter(([key]) => key !== 'seq:anon'), ['seq:anon', String(next)]];
}

/** Never throws, never lasts. Status 0: no answer; `own`: the service itself says what is wrong. */
async function ask(url: URL, how: RequestInit, patience: number): Promise<{ status: number; text: string; own?: boolean }> {
  const end = new AbortController();
  const late = setTimeout(() => end.abort(), patience);
  try {
    const headers = { 'content-type': 'text/plain' };
    const answer = await fetch(url, { ...how, ...(how.body && { headers }), cache: 'no-store', redirect: 'error', referrerPolicy: 'no-referrer', signal: end.signal });
    const own = /problem/.test(String(answer.headers.get('content-type')));
    return { status: answer.status, text: await answer.text(), own };
  } catch {
    return { status: 0, text: '' };
  } finally {
    clearTimeout(late);
  }
}

/** One tab at a time: each sends what the shelf holds then, so the last one sends the newest. */
async function alone(site: string, send: () => Promise<void>): Promise<void> {
  let begun = false;
  const once = (): Promise<void> => ((begun = true), send());
  try {
    await navigator.locks.request(`candor:${site}:kept`, once);
  } catch {
    if (!begun) await once();
  }
}

/** Base64 for addresses (RFC 4648, section 5), without padding. */
const encode = (text: string): string =>
  btoa(String.fromCharCode(...new TextEncoder().encode(text))).replace(/[+/=]/g, (sign) => ({ '+': '-', '/': '_' })[sign] ?? '');

function decode(text: string): string {
  try {
    const bytes = text.length > ROOM ? '' : atob(text.replace(/[-_]/g, (sign) => (sign === '-' ? '+' : '/')));
    return new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
  } catch {
    return '';
  }
}
