// The questions, and what ends them: a no, for twelve months or longer. Fetched where there is a question.

import type { Drivers } from '../core/drivers';
import type { Spec } from '../core/types';
import { rests } from '../page/rest';
import { PATIENCE } from '../core/net';
import { parse, type Shelf } from '../core/shelf';
import { mark } from './whose';

type Kept = Pick<Drivers, 'kept' | 'set'>;

/** Questions that were drawn, with the moment from which there may be another, where drawing it moved that. */
const drawn = new WeakMap<HTMLElement, string>();

/** Whether a question is drawn; where it is not, its place is given up. `anew`: it was not on screen before. */
export function asks({ element }: Spec, shelf: Kept, gpc: boolean, anew: boolean, span: unknown): boolean {
  const control = 'recommendations/' + element.getAttribute('source');
  const own = anew && drawn.has(element);
  const get = (key: string): string | undefined => {
    const value = shelf.kept(key) || undefined;
    return own && key === 'asked' ? '' : own && key === 'ask-after' && value === drawn.get(element) ? '0' : value;
  };
  if (rests(control, get)) {
    element.style.display = 'none';
    return false;
  }
  // Where a signal says no they are asked once whether they want it otherwise, and once more when the
  // time has come. Of who never chose anything here nothing is stored, not even this.
  if (anew && gpc && shelf.kept('device')) {
    note(shelf, [control]);
    const after = shelf.kept('ask-after') || NaN;
    if (Number(after) < Date.now()) {
      drawn.set(element, moment(span));
      shelf.set('ask-after', drawn.get(element)!);
    }
  }
  if (!drawn.has(element)) drawn.set(element, '');
  return true;
}

/**
 * Somebody decided on this device. `key` and `value`: under what it is kept, the list of what was refused
 * while nobody was known, or a decision on its way. `span`: what the notice says. `before`: from when they
 * might have been asked until now. `token`: of who is signed in.
 */
export function heard(shelf: Kept, key: string, value: string, span: unknown, before: string, token?: string): void {
  const rests = +before > Date.now();
  if (key.startsWith('out:')) {
    const [, of] = key.split(':');
    if (of !== 'anon') shelf.set('whose:' + of, mark(token, shelf.kept('device')));
    if (!value.includes('"denied"')) return;
    const { method, changes = [] } = (parse(value)?.decision ?? {}) as { method?: string; changes?: { control: string; choice: string; datum?: string }[] };
    const denied = changes.filter(({ choice, datum }) => choice === 'denied' && !datum);
    // What a signal refused nobody was asked about, and to leave one thing out is no answer to a question.
    // Nor is it an answer that what was refused here before is told of whoever is known by now.
    const told = rests && denied.every(({ control }) => shelf.kept('refused').split(' ').includes(control));
    if (method === 'signal' || !denied.length || told) return void (before && shelf.set('ask-after', before));
    // Of somebody signed in the shop's server knows, and this device may be another's next.
    if (key.startsWith('out:anon:')) note(shelf, denied.map(({ control }) => control));
    // The last word is what was refused just now: a datum stands behind its control. Behind the last of a list that
    // became shorter stands a blank: something was granted.
  } else if (/>\S*$/.test(value) || (rests && !/\S$/.test(value))) return void (before && shelf.set('ask-after', before));
  shelf.set('ask-after', moment(span));
}

/**
 * Whether what waits on this device is of who is at the page now: somebody else is not asked about, nor told to the
 * service, for what another signed-in person left. An anonymous box is its device's: it ends with whoever signs in there.
 */
export async function theirs(shelf: Shelf, token: unknown): Promise<boolean> {
  const who = mark(await Promise.race([token, new Promise((_, no) => setTimeout(no, PATIENCE))]), shelf.get('device'));
  return shelf.keys('out:').some((key) => key.startsWith('out:anon:') || shelf.get('whose:' + key.split(':')[1]) === who);
}

function note(shelf: Kept, controls: string[]): void {
  const asked = new Set([...shelf.kept('asked').split(' ').filter(Boolean), ...controls]);
  shelf.set('asked', [...asked].join(' '));
}

/** An ISO 8601 span of time, as the notice gives it. */
const SPAN = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;

const moment = (span: unknown): string => String(until(span, Date.now()));

/** Twelve months from then, longer where the shop's notice says so. */
function until(span: unknown, from: number): number {
  const parts = SPAN.exec(String(span))?.slice(1).map((part) => Number(part ?? 0)) ?? [];
  const [years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = parts;
  const rest = (((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60_000 + seconds * 1_000;
  return Math.max(after(from, 12), after(from, years * 12 + months) + rest);
}

/** So many calendar months later; the month's last day where it has no such day. */
function after(from: number, months: number): number {
  const at = new Date(from);
  const [year, month] = [at.getUTCFullYear(), at.getUTCMonth() + months];
  const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return at.setUTCFullYear(year, month, Math.min(at.getUTCDate(), last));
}
