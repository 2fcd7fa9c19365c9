// A page that is left: one request that outlives it, denials first, no larger than browsers allow; the rest when it comes back.
import { type Page, expect, test } from '@playwright/test';
import { demo } from '../house/demo';
import { overLine } from '../house/line';
import { anonymous, quietly } from '../house/person';
import { loaded, visit } from '../house/shop';

const here = demo();
const over = overLine(here);
const MOST = 48 * 1024;
const MANY = 110;

interface Sent {
  bytes: number;
  seqs: number[];
  denies: boolean[];
}

/** Notes what the page hands to the browser to outlive it, where the next page of the tab finds it. */
async function note(page: Page): Promise<() => Promise<Sent[]>> {
  await page.addInitScript(() => {
    const real = window.fetch;
    window.fetch = (...args) => {
      if (String(args[0]).endsWith('/v1/decisions')) (window as any).tried = true;
      const { keepalive, body } = args[1] ?? {};
      if (keepalive) {
        const { decisions } = JSON.parse(String(body));
        const sent = JSON.parse(sessionStorage.getItem('sent') ?? '[]');
        sent.push({
          bytes: new TextEncoder().encode(String(body)).length,
          seqs: decisions.map(({ seq }: { seq: number }) => seq),
          denies: decisions.map(({ changes }: { changes: { choice: string }[] }) => changes.some(({ choice }) => choice === 'denied')),
        });
        sessionStorage.setItem('sent', JSON.stringify(sent));
      }
      return real(...args);
    };
  });
  return () => page.evaluate(() => JSON.parse(sessionStorage.getItem('sent') ?? '[]'));
}

/** This very page, and not the one before it, sent what waits. */
const tried = (page: Page): Promise<void> => expect.poll(() => page.evaluate(() => !!(window as any).tried)).toBe(true);

const waiting = (page: Page): Promise<number> =>
  page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('candor:pk_demo:out:')).length);

/** One decision that waits, and a hundred more like it, every fourth a denial. */
async function pile(page: Page): Promise<void> {
  // A signal would have its own to say about what is granted here without it.
  await quietly(page);
  await visit(page, here.shop, 'nora');
  await page.locator('a[data-candor-open="choices"]').first().click();
  const basket = page.locator('candor-choices li.row').filter({ has: page.getByRole('switch', { name: 'Your basket' }) });
  await basket.getByRole('switch').click();
  await expect(basket.locator('.done')).toContainText('Not sent yet');
  await page.evaluate((many) => {
    const own = 'candor:pk_demo:';
    const key = Object.keys(localStorage).filter((name) => name.startsWith(own + 'out:')).sort().pop()!;
    const entry = JSON.parse(localStorage.getItem(key)!);
    const of = key.slice((own + 'out:').length).split(':')[0];
    let seq = Number(localStorage.getItem(`${own}seq:${of}`));
    for (let at = 0; at < many; at++, seq++) {
      const choice = at % 4 === 3 ? 'denied' : 'granted';
      const id = entry.decision.id.slice(0, -4) + (0x1000 + at).toString(16);
      const controls = ['orders', 'returns', 'basket'].map((source) => ({ control: `recommendations/${source}`, choice }));
      const decision = { ...entry.decision, id, seq, method: 'switch', changes: controls };
      localStorage.setItem(`${own}out:${of}:${id}`, JSON.stringify({ ...entry, decision }));
    }
    localStorage.setItem(`${own}seq:${of}`, String(seq));
  }, MANY);
}

function judge(sent: Sent[], all: number): void {
  expect(sent.length, 'one request').toBe(1);
  const [{ bytes, seqs, denies }] = sent as [Sent];
  expect(bytes).toBeLessThanOrEqual(MOST);
  expect(bytes, 'as much as fits').toBeGreaterThan(MOST * 0.8);
  expect(seqs.length).toBeLessThan(all);
  expect(denies.indexOf(false), 'denials first').toBe(denies.filter(Boolean).length);
  expect(denies.filter(Boolean).length, 'all of them').toBeGreaterThanOrEqual(Math.floor(MANY / 4));
  const halves = [seqs.filter((_, at) => denies[at]), seqs.filter((_, at) => !denies[at])];
  for (const half of halves) expect(half).toEqual([...half].sort((a, b) => a - b));
}

test('hidden with more than fits: one request, denials first; shown again, the rest is sent', () =>
  over(async ({ page, line }) => {
    const sent = await note(page);
    line.break((exchange) => exchange.reset());
    await pile(page);
    await page.reload();
    await loaded(page);
    // The loader finds what waits and brings the rest.
    await tried(page);
    await page.evaluate(() => sessionStorage.removeItem('sent'));
    const all = await waiting(page);
    const become = (state: string) =>
      page.evaluate((is) => {
        Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => is });
        Object.defineProperty(document, 'hidden', { configurable: true, get: () => is === 'hidden' });
        document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
      }, state);
    await become('hidden');
    judge(await sent(), all);
    line.mend();
    await become('visible');
    await expect.poll(() => waiting(page), { timeout: 30_000 }).toBe(0);
    expect((await sent()).length).toBe(1);
  }));

test('left for another page with more than fits: one request, denials first; the next page sends the rest', () =>
  over(async ({ page, line }) => {
    const sent = await note(page);
    const held = new Set<number>();
    line.break((exchange) => exchange.reset());
    await pile(page);
    await page.reload();
    await loaded(page);
    await tried(page);
    await page.evaluate(() => sessionStorage.removeItem('sent'));
    const all = await waiting(page);
    // What the page still sends by itself goes on failing; its last request, with the denials in front, arrives.
    let left = false;
    line.break(async (exchange) => {
      const { decisions } = JSON.parse(exchange.body.toString()) as { decisions: { seq: number; changes: { choice: string }[] }[] };
      const last = decisions.slice(0, 20).every(({ changes }) => changes.every(({ choice }) => choice === 'denied'));
      if (!last && !left) return exchange.reset();
      for (const { seq } of decisions) held.add(seq);
      exchange.pass(await exchange.deliver());
    });
    await page.goto(`${here.shop}/basket`);
    left = true;
    judge(await sent(), all);
    await expect.poll(() => waiting(page), { timeout: 30_000 }).toBe(0);
    expect(held.size).toBe(all);
  }));

test('left before a choice was saved: the next page sends it, and what the page after that may act on is noted with it', async ({ page, context }) => {
  await anonymous(page, here.shop);
  await context.route('**/v1/decisions', (route) => route.abort());
  await page.getByRole('switch', { name: 'Your returns' }).click();
  await visit(page, here.shop, 'nora');
  await context.unroute('**/v1/decisions');
  await visit(page, here.shop, 'nora');
  const kept = (start: string) => page.evaluate((start) => Object.entries(localStorage).filter(([key]) => key.startsWith('candor:pk_demo:' + start)).map(([, value]) => value as string), start);
  await expect.poll(() => kept('out:')).toEqual([]);
  await expect.poll(async () => JSON.parse((await kept('state'))[0] ?? '{}').allowed?.sort()).toEqual(['recommendations/basket', 'recommendations/returns']);
  expect(await page.evaluate(() => (window as any).candor.allowed('recommendations', 'basket'))).toBe(true);
});
