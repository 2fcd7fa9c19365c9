// An anonymous person signs in: the anonymous subject ends. Fetched when there is one.

import type { Answer } from '../core/net';
import { parse, type Shelf } from '../core/shelf';

type Kept = Pick<Shelf, 'get' | 'set' | 'remove' | 'keys'>;

interface Change {
  control: string;
  choice: string;
  datum?: string;
}

/** Keeps what was refused, to bind this device from then on. The capability of the subject that is to be closed. */
export async function part(shelf: Kept, ask: (path: string, body: object) => Promise<Answer>): Promise<string | undefined> {
  const refused = new Set((shelf.get('refused') ?? '').split(' '));
  const carry = (): unknown => shelf.set('refused', [...refused].join(' '));
  // What it had not sent yet: the last word on each control.
  const unsent: { seq: number; changes?: Change[] }[] = shelf.keys('out:anon:').map((key) => parse(shelf.get(key))?.decision ?? {});
  for (const { changes = [] } of unsent.sort((a, b) => a.seq - b.seq))
    for (const { control, choice, datum } of changes) if (!datum) refused[choice === 'denied' ? 'add' : 'delete'](control);
  if (unsent[0]) carry();
  const kept = parse(shelf.get('session'));
  if (!kept?.capability) return;
  const { status, value } = await ask('choices', { capability: kept.capability });
  if (status === 401 || status === 410) shelf.remove('session');
  if (status !== 200) return;
  const { controls = {} } = (value ?? {}) as { controls?: Record<string, { choice?: string; by_signal?: boolean }> };
  for (const [id, { choice, by_signal }] of Object.entries(controls)) if (choice === 'denied' && !by_signal) refused.add(id);
  carry();
  return kept.capability;
}
