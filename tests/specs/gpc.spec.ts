// Global Privacy Control: obeyed, kept for whoever is known, shown for what it switched off, asked about once.
import { type Page, expect, test } from '@playwright/test';
import { demo } from '../house/demo';
import { card, loaded, openCard, openLayer, row, toggle, visit } from '../house/shop';

const here = demo();
const HONOURED = 'Opt-Out Request Honored';

interface Decision {
  id: string;
  method: string;
  locale: string;
  served: string;
  changes: { control: string; choice: string }[];
}

test.beforeEach(({ context }) =>
  context.addInitScript(() => Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { configurable: true, get: () => true })),
);

/** Every decision that leaves the page. */
function decisions(page: Page): Decision[] {
  const all: Decision[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/v1/decisions')) all.push(...JSON.parse(request.postData() ?? '{}').decisions);
  });
  return all;
}

const controls = (page: Page): Promise<Record<string, { choice: string; by_signal?: boolean; despite_signal?: boolean }>> =>
  page.evaluate(async () => (await (window as any).candor.choices()).controls);

test('a known person’s browser sends it: what was on goes off by its method, once, and says why', async ({ page }) => {
  const sent = decisions(page);
  // Somebody refused on this device before, and may be asked again from then on.
  const until = '1890000000000';
  await page.addInitScript((then) => localStorage.setItem('candor:pk_demo:ask-after', then), until);
  await visit(page, here.shop, 'hanna');
  await openCard(page);
  await openLayer(card(page), 'sources');
  await expect(row(page, 'orders').getByRole('switch')).toHaveAttribute('aria-checked', 'false');
  await expect(card(page)).toContainText(HONOURED);
  await expect.poll(async () => (await controls(page))['recommendations/orders']).toMatchObject({ choice: 'denied', by_signal: true });
  expect(sent.length).toBeGreaterThan(0);
  expect(sent.every(({ method }) => method === 'signal')).toBe(true);
  expect(sent.flatMap(({ changes }) => changes).every(({ choice }) => choice === 'denied')).toBe(true);
  // Nobody said anything: the signal neither ends the asking nor lengthens it.
  await page.waitForTimeout(400);
  expect(await page.evaluate(() => localStorage.getItem('candor:pk_demo:ask-after'))).toBe(until);

  // Kept at the service: the next page finds it so, and has nothing to send.
  const before = sent.length;
  await page.reload();
  await loaded(page);
  await page.locator('a[data-candor-open="choices"]').first().click();
  const orders = page.locator('candor-choices li.row').filter({ has: page.getByRole('switch', { name: 'Your orders' }) }).first();
  await expect(orders).toContainText(HONOURED);
  await expect(orders.getByRole('switch')).toHaveAttribute('aria-checked', 'false');
  await page.waitForTimeout(800);
  expect(sent.length).toBe(before);

  // Told of it she says yes: that stands, on the next page as well.
  await orders.getByRole('switch').click();
  await expect(orders.locator('.done')).toContainText('Saved');
  expect(sent.at(-1)).toMatchObject({ method: 'switch', changes: [{ control: 'recommendations/orders', choice: 'granted' }] });
  const after = sent.length;
  await visit(page, here.shop, 'hanna');
  await openCard(page);
  await openLayer(card(page), 'sources');
  await expect(row(page, 'orders').getByRole('switch')).toHaveAttribute('aria-checked', 'true');
  await expect.poll(async () => (await controls(page))['recommendations/orders']).toMatchObject({ choice: 'granted', despite_signal: true });
  await page.waitForTimeout(800);
  expect(sent.length).toBe(after);
});

test('a yes said in the knowledge of it holds also while it waits: the next page has nothing to say against it', async ({ page }) => {
  const sent = decisions(page);
  const orders = page.locator('candor-choices li.row').filter({ has: page.getByRole('switch', { name: 'Your orders' }) }).first();
  const open = () => page.locator('a[data-candor-open="choices"]').first().click();
  await visit(page, here.shop, 'hanna');
  const known = page.waitForResponse('**/v1/choices');
  await open();
  await known;
  await page.waitForTimeout(800);
  // Others may have said yes for her before.
  if ((await orders.getByRole('switch').getAttribute('aria-checked')) === 'true') {
    await orders.getByRole('switch').click();
    await expect(orders.locator('.done')).toContainText('Saved');
  }
  const before = sent.length;
  await page.route('**/v1/decisions', (route) => route.abort());
  await orders.getByRole('switch').click();
  await expect(orders.locator('.done')).toContainText('Not sent yet');
  const read = page.waitForResponse('**/v1/choices');
  await page.reload();
  await loaded(page);
  await open();
  await read;
  await expect(orders.getByRole('switch')).toHaveAttribute('aria-checked', 'true');
  await page.waitForTimeout(800);
  await page.unroute('**/v1/decisions');
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await expect.poll(async () => (await controls(page))['recommendations/orders']).toMatchObject({ choice: 'granted', despite_signal: true });
  await page.waitForTimeout(800);
  const made = new Map(sent.slice(before).map(({ id, method }) => [id, method]));
  expect([...made.values()].join(' ')).toMatch(/^(signal )?switch$/);
  await expect(orders.getByRole('switch')).toHaveAttribute('aria-checked', 'true');
});

test('who was switched off by it is asked once whether they want it otherwise', async ({ page }) => {
  const question = page.locator('candor-ask .equals button');
  const sent = decisions(page);
  await visit(page, here.shop, 'tomek');
  // The page asks, and no card was opened: said all the same, once, and with the words of the page.
  await page.evaluate(() => (document.documentElement.lang = 'pl'));
  await expect.poll(async () => (await controls(page))['recommendations/orders']).toMatchObject({ choice: 'denied', by_signal: true });
  expect(sent.map(({ method, locale, served }) => [method, locale, served !== ''])).toEqual([['signal', 'pl', true]]);
  // The shop makes its list anew when the service has heard, and asks in its place.
  await expect(question).toHaveCount(2);
  await expect.poll(() => page.evaluate(() => localStorage.getItem('candor:pk_demo:asked'))).toContain('recommendations/orders');
  for (const path of ['/shop', '/basket']) {
    await page.goto(here.shop + path);
    await loaded(page);
    await page.waitForTimeout(1_200);
    await expect(page.locator('candor-ask'), 'the shop may ask').toHaveCount(1);
    await expect(question, `asked a second time: ${path}`).toHaveCount(0);
  }
});

test('who never chose is asked in the list’s own place, and nothing is stored of it; a yes goes with the signal before it', async ({ page }) => {
  const sent = decisions(page);
  await visit(page, here.shop, 'nora');
  const question = page.locator('candor-ask .equals button');
  await expect(question).toHaveCount(2);
  expect(await page.evaluate(() => Object.keys(localStorage))).toEqual([]);
  await question.first().click();
  await expect(page.locator('candor-ask .done')).toContainText('Saved');
  const last = new Map(sent.map((decision) => [JSON.stringify(decision.changes), decision]));
  expect([...last.values()].map(({ method, changes }) => [method, changes[0]?.choice])).toEqual([
    ['signal', 'denied'],
    ['button', 'granted'],
  ]);
  await page.reload();
  await loaded(page);
  await page.locator('a[data-candor-open="choices"]').first().click();
  const basket = page.locator('candor-choices li.row').filter({ has: page.getByRole('switch', { name: 'Your basket' }) });
  await expect(basket.getByRole('switch')).toHaveAttribute('aria-checked', 'true');
});

test('a known person only looks around: the signal is kept for them without a card, once, and nothing is touched', async ({ page }) => {
  const sent = decisions(page);
  await visit(page, here.shop, 'tomek');
  // Others may have said yes for him before.
  await page.waitForTimeout(300);
  const known = page.waitForResponse('**/v1/choices');
  await page.goto(here.shop + '/shop');
  await loaded(page);
  // What a card needs is fetched already; that somebody hovers asks for nothing of theirs.
  await page.locator('#picks h2 candor-why').hover();
  expect((await known).status()).toBe(200);
  await page.waitForTimeout(1_000);
  expect(sent.every(({ method }) => method === 'signal')).toBe(true);
  expect(await page.locator('candor-why section.card').count()).toBe(0);
  const now = await controls(page);
  for (const [id, { choice, despite_signal }] of Object.entries(now)) if (choice === 'granted') expect(despite_signal, id).toBe(true);
});

test('shop and service say that they obey it', async ({ request }) => {
  for (const origin of [here.shop, here.inside]) {
    const answer = await request.get(`${origin}/.well-known/gpc.json`);
    expect(answer.headers()['content-type']).toContain('application/json');
    const said = await answer.json();
    expect(said.gpc).toBe(true);
    expect(said.lastUpdate).toMatch(/^\d{4}-\d\d-\d\d$/);
  }
});
