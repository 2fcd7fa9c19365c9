// What the page carries over at a sign-in, held against the worked cases: the refusals that are to bind the device,
// and nothing that was granted.
import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { part } from '../../widget/loader/rare/parting';

interface Step {
  sign_in?: { device: string; anonymous: Record<string, 'granted' | 'denied'> };
  offered?: string[];
  sent?: { control: string }[];
}
const { cases } = JSON.parse(readFileSync(new URL('../../choices/cases/merge-cases.json', import.meta.url), 'utf8')) as { cases: { case: number; title: string; steps: Step[] }[] };
const signIns = cases.flatMap(({ case: number, title, steps }) => steps.filter((step) => step.sign_in).map((step) => ({ number, title, step })));

/** A shelf that holds just this. */
const shelf = (kept: Map<string, string>) => ({
  get: (key: string) => kept.get(key),
  set: (key: string, value: string) => !!kept.set(key, value),
  remove: (key: string) => void kept.delete(key),
  keys: (start = '') => [...kept.keys()].filter((key) => key.startsWith(start)),
  call: () => {},
});

test('there are sign-ins among the worked cases', () => expect(signIns.map(({ number }) => number)).toEqual([18, 19]));

for (const { number, title, step } of signIns)
  test(`case ${number}: ${title}`, async () => {
    const kept = new Map([['session', JSON.stringify({ subject: 'sub_a', capability: 'cap_a' })]]);
    const { anonymous } = step.sign_in!;
    const controls = Object.fromEntries(Object.entries(anonymous).map(([id, choice]) => [id, { choice }]));
    const asked: unknown[] = [];
    const { capability } = await part(shelf(kept), async (path, body) => (asked.push([path, body]), { status: 200, value: { controls } }));
    expect(asked).toEqual([['choices', { capability: 'cap_a' }]]);
    expect(capability).toBe('cap_a');
    const carried = (kept.get('refused') ?? '').split(' ').filter(Boolean);
    expect(carried).toEqual(step.sent!.map(({ control }) => control));
    expect(Object.keys(anonymous).filter((id) => anonymous[id] === 'granted')).toEqual(step.offered);
  });

const said = (seq: number, choice: string, controls: string[], more = {}): string =>
  JSON.stringify({ kept: 'e', rev: seq, decision: { id: String(seq), seq, method: 'switch', changes: controls.map((control) => ({ control, choice })), ...more } });

/** What is refused at a sign-in on a device that keeps this, where the service says that nothing is off. */
async function refusedAfter(holds: Record<string, string> | string[]): Promise<string[]> {
  const session = JSON.stringify({ subject: 'sub_a', capability: 'cap_a' });
  const kept = new Map([['session', session], ...Object.entries(holds).map(([key, text]): [string, string] => [Array.isArray(holds) ? `kept:anon:${key}` : key, text])]);
  await part(shelf(kept), async () => ({ status: 200, value: { controls: {} } }));
  return (kept.get('refused') ?? '').split(' ').filter(Boolean);
}

test('several switched off by one decision, then one of them on again: that one is not refused', async () => {
  expect(await refusedAfter([said(1, 'denied', ['a', 'b']), said(2, 'granted', ['a'])])).toEqual(['b']);
});

test('a grant that came too late takes no refusal back', async () => {
  const late = JSON.stringify({ ...JSON.parse(said(2, 'granted', ['a'])), rev: 0 });
  expect(await refusedAfter([said(1, 'denied', ['a']), late])).toEqual(['a']);
});

test('what a signal switched off was not refused by the person', async () => {
  expect(await refusedAfter([said(1, 'granted', ['a', 'b']), said(2, 'denied', ['a'], { method: 'signal' }), said(3, 'denied', ['b'])])).toEqual(['b']);
});

test('refused in one tab while a grant of another waits: it stays refused', async () => {
  const waits = said(1, 'granted', ['a']);
  expect(await refusedAfter({ 'out:anon:1': waits, refused: ' a' })).toEqual(['a']);
});
