// An anonymous subject ends at sign-in. Fetched when there is one.

import type { Answer } from '../core/net';
import { parse, type Shelf } from '../core/shelf';

type Kept = Pick<Shelf, 'get' | 'set' | 'remove' | 'keys' | 'call'>;
type Ask = (path: string, body: object) => Promise<Answer>;

interface Change {
  control: string;
  choice: string;
  datum?: string;
}

/** A decision that was kept; `counts`: what it grants is not refused any more. */
interface Said {
  seq: number;
  method?: string;
  changes?: Change[];
  counts: boolean;
}

interface Standing {
  choice?: string;
  by_signal?: boolean;
  left_out?: string[];
}

/** As the Wasm reads it. */
const word = (control: string, datum?: string): string => (datum ? control + '>' + datum : control);

export interface Parted {
  /** Of the subject that is to be closed. */
  capability?: string;
  /** Somebody signed in: what was theirs before goes. */
  over(): void;
}

/** Keeps what was refused, to bind this device from then on. */
export async function part(shelf: Kept, ask: Ask): Promise<Parted> {
  // What another tab decides from here on is not carried: it stays for whoever looks next.
  const theirs = shelf.keys().filter((key) => /^(out|kept|carried|wait):anon\b/.test(key));
  const before = shelf.get('session');
  const capability = await carry(shelf, ask);
  const session = shelf.get('session');
  return {
    capability,
    over() {
      // Somebody else is anonymous here by now; where nobody is, another tab heard that this one has ended.
      if ((shelf.get('session') ?? session) !== session) return;
      // Whoever is anonymous here next is somebody else; who could not be closed goes on where they had come to.
      if (capability) shelf.remove('session');
      // Answered meanwhile, it moved.
      for (const key of theirs) shelf.remove(key), shelf.remove(key.replace(/^out/, 'kept'));
      if (shelf.get('session')) return;
      shelf.remove('seq:anon');
      if (!before) return;
      // Other tabs speak for who was here, whose subject is closed: they ask anew who it is. Said once, or two
      // tabs would send each other to look for ever.
      shelf.call('{}');
    },
  };
}

async function carry(shelf: Kept, ask: Ask): Promise<string | undefined> {
  // Read each time: another tab may refuse something, or take it back, while the service is asked.
  const kept = (): Set<string> => new Set((shelf.get('refused') ?? '').split(' '));
  let refused = kept();
  const keep = (): void => {
    const text = [...refused].join(' ');
    // Said again where nothing changed, two tabs without room would send each other to look for ever.
    if (text !== (shelf.get('refused') ?? '')) shelf.set('refused', text);
  };
  const off = new Map<string, number>();
  // The last word on each control, of what it had not sent yet and of what was answered: the service may
  // have come back from a backup without it. A grant that waits, or came into force, takes a refusal back, and none
  // of the same number: two tabs decided in the same moment. What is in the list already is not taken back: a grant
  // did so when it was made, and what was refused in another tab since had seen more. What a signal refused the
  // person did not.
  const said = [...shelf.keys('out:anon:'), ...shelf.keys('kept:anon:')].map((key): Said => {
    const { decision, rev } = parse(shelf.get(key)) ?? {};
    return { ...decision, counts: /^out/.test(key) || rev > 0 };
  });
  for (const { seq, counts, method, changes = [] } of said.sort((a, b) => a.seq - b.seq))
    for (const { control, choice, datum } of changes) {
      const what = word(control, datum);
      if (choice === 'denied') method === 'signal' || off.set(what, seq);
      else if (counts && off.get(what) !== seq) off.delete(what);
    }
  for (const [what] of off) refused.add(what);
  if (said[0]) keep();
  const { capability } = parse(shelf.get('session')) ?? {};
  if (!capability) return;
  const { status, value } = await ask('choices', { capability });
  // Closed by a sign-in whose answer was lost, it is over, too.
  if ([401, 403, 410].includes(status)) shelf.remove('session');
  if (status !== 200) return;
  refused = kept();
  const controls = (value as { controls?: Record<string, Standing> } | undefined)?.controls ?? {};
  for (const [id, { choice, by_signal, left_out = [] }] of Object.entries(controls)) {
    if (choice === 'denied' && !by_signal) refused.add(id);
    for (const datum of left_out) refused.add(word(id, datum));
  }
  keep();
  return capability;
}
