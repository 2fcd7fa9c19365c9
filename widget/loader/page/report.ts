// What the page is told: events on the element, and the same to listeners of `candor.on`.

export const quiet = (): void => {};

type Name = 'ready' | 'choice' | 'saved' | 'diagnostic';

let past: [Name, unknown][] = [];
const listeners: [string, (detail: unknown) => void][] = [];
const told = new Set<string>();

export function emit(name: Name, detail: unknown, from: EventTarget = document): void {
  // Who begins to listen in this moment hears it from the past, and once.
  const heard = [...listeners];
  past.push([name, detail]);
  if (past.length > 99) past.shift();
  const target = (from as Node).isConnected === false ? document : from;
  target.dispatchEvent(new CustomEvent('candor:' + name, { bubbles: true, composed: true, detail }));
  for (const [wanted, fn] of heard) if (wanted === name) call(fn, detail);
}

/** A listener that comes late is told what it missed. */
export function on(name: string, fn: (detail: unknown) => void): void {
  const short = name.replace('candor:', '');
  for (const [known, detail] of past) if (known === short) call(fn, detail);
  listeners.push([short, fn]);
}

/** Somebody else may be at the page now: what was chosen before is not theirs to hear. */
export function leave(): void {
  past = past.filter(([name]) => /^[rd]/.test(name));
}

/** Once per code: a page with forty chips has one problem, not forty. */
export function diagnose(code: string, message: string, fix: string, from?: EventTarget): void {
  if (told.has(code)) return;
  told.add(code);
  console.warn(`Candor (${code}): ${message} ${fix}`);
  emit('diagnostic', { code, message, fix }, from);
}

/** The page's own mistakes stay the page's own. */
export function call<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): R | undefined {
  try {
    return fn(...args);
  } catch (error) {
    queueMicrotask(() => console.error(error));
  }
}
