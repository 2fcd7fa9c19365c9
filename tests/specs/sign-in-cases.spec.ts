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

test('there are sign-ins among the worked cases', () => expect(signIns.map(({ number }) => number)).toEqual([18, 19]));

for (const { number, title, step } of signIns)
  test(`case ${number}: ${title}`, async () => {
    const kept = new Map([['session', JSON.stringify({ subject: 'sub_a', capability: 'cap_a' })]]);
    const shelf = {
      get: (key: string) => kept.get(key),
      set: (key: string, value: string) => !!kept.set(key, value),
      remove: (key: string) => void kept.delete(key),
      keys: (start = '') => [...kept.keys()].filter((key) => key.startsWith(start)),
      call: () => {},
    };
    const { anonymous } = step.sign_in!;
    const controls = Object.fromEntries(Object.entries(anonymous).map(([id, choice]) => [id, { choice }]));
    const asked: unknown[] = [];
    const { capability } = await part(shelf, async (path, body) => (asked.push([path, body]), { status: 200, value: { controls } }));
    expect(asked).toEqual([['choices', { capability: 'cap_a' }]]);
    expect(capability).toBe('cap_a');
    const carried = (kept.get('refused') ?? '').split(' ').filter(Boolean);
    expect(carried).toEqual(step.sent!.map(({ control }) => control));
    expect(Object.keys(anonymous).filter((id) => anonymous[id] === 'granted')).toEqual(step.offered);
  });
