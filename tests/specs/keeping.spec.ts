// Where a choice is kept until it is sent, who sends it, and what other tabs and earlier pages know of it.
import { type Locator, type Page, expect, test } from '@playwright/test';
import { demo } from '../house/demo';
import { quietly } from '../house/person';
import { visit } from '../house/shop';

const here = demo();

async function panel(page: Page): Promise<Locator> {
  await page.locator('a[data-candor-open="choices"]').first().click();
  return page.locator('candor-choices li.row').filter({ has: page.getByRole('switch', { name: 'Your basket' }) });
}

async function granted(page: Page): Promise<Locator> {
  await visit(page, here.shop, 'nora');
  const basket = await panel(page);
  await basket.getByRole('switch').click();
  await expect(basket.locator('.done')).toContainText('Saved');
  return basket;
}

const unanswered = (page: Page) => page.route('**/v1/decisions', (route) => route.abort());

test('localStorage is blocked: what waits is kept in a database, said so, and sent by the next page', async ({ page, context }) => {
  await context.addInitScript(() => Object.defineProperty(window, 'localStorage', { get: () => { throw new DOMException('no', 'SecurityError'); } }));
  const basket = await granted(page);
  await unanswered(page);
  await basket.getByRole('switch').click();
  await expect(basket.locator('.done')).toContainText('Not sent yet; kept on this device');
  await page.unroute('**/v1/decisions');
  await page.close({ runBeforeUnload: false });
  const next = await context.newPage();
  const sent = next.waitForResponse((answer) => answer.url().endsWith('/v1/decisions') && (answer.request().postData() ?? '').includes('"denied"'));
  await visit(next, here.shop, 'nora');
  expect((await (await sent).json()).outcomes[0].status).toBe('recorded');
  const again = await panel(next);
  await expect(again.getByRole('switch')).toHaveAttribute('aria-checked', 'false');
});

test('localStorage is blocked: two tabs are one device that counts on, and what one decides after the other holds', async ({ context }) => {
  await context.addInitScript(() => Object.defineProperty(window, 'localStorage', { get: () => { throw new DOMException('no', 'SecurityError'); } }));
  const sent = new Map<string, string>();
  const devices = new Set<string>();
  context.on('request', (request) => {
    if (!request.url().endsWith('/v1/decisions')) return;
    const { decisions } = request.postDataJSON();
    // Sent again is the same decision under the same number; another under it would be refused.
    for (const decision of decisions) {
      devices.add(decision.device);
      const told = JSON.stringify(decision);
      expect(sent.get(decision.seq) ?? told).toBe(told);
      sent.set(decision.seq, told);
    }
  });
  const first = await context.newPage();
  const basket = await granted(first);
  const second = await context.newPage();
  await visit(second, here.shop, 'nora');
  const other = await panel(second);
  for (const [at, choice] of [[other, 'false'], [basket, 'true'], [other, 'false'], [basket, 'true']] as const) {
    await at.getByRole('switch').click();
    await expect(at.locator('.done')).toContainText('Saved');
    for (const tab of [basket, other]) await expect(tab.getByRole('switch')).toHaveAttribute('aria-checked', choice);
  }
  await second.reload();
  await expect((await panel(second)).getByRole('switch')).toHaveAttribute('aria-checked', 'true');
  expect(devices.size).toBe(1);
  const numbers = [...sent.keys()].map(Number).sort((a, b) => a - b);
  expect(numbers).toEqual(numbers.map((_, at) => at + 1));
  expect(numbers.length).toBeGreaterThanOrEqual(5);
});

test('storage is emptied under a page: what is decided then goes under a new name of the device, and is saved', async ({ page }) => {
  const sent: { device: string; choice: string }[] = [];
  page.on('request', (request) => {
    if (!request.url().endsWith('/v1/decisions')) return;
    for (const { device, method, changes } of request.postDataJSON().decisions) if (method === 'switch') sent.push({ device, choice: changes[0].choice });
  });
  const basket = await granted(page);
  await page.evaluate(() => localStorage.clear());
  await basket.getByRole('switch').click();
  await expect(basket.locator('.done')).toContainText('Saved');
  expect(sent.map(({ choice }) => choice)).toEqual(['granted', 'denied']);
  expect(sent[1]!.device).not.toBe(sent[0]!.device);
  await page.evaluate(() => localStorage.clear());
  await basket.getByRole('switch').click();
  await expect(basket.locator('.done')).toContainText('Saved');
  expect(new Set(sent.map(({ device }) => device)).size).toBe(3);
});

test('a no gave the device its name and storage is emptied: the name does not come back, for another tab may have counted under it', async ({ page }) => {
  await visit(page, here.shop, 'nora');
  const name = () => page.evaluate(() => localStorage.getItem('candor:pk_demo:device'));
  // Who is there is known by then: nothing but the no asks for a name.
  await expect((await panel(page)).getByRole('switch')).toBeEnabled();
  await page.keyboard.press('Escape');
  await page.locator('candor-ask').getByRole('button', { name: 'No, keep these' }).click();
  await expect.poll(name).toBeTruthy();
  const before = await name();
  await page.evaluate(() => localStorage.clear());
  const row = await panel(page);
  await row.getByRole('switch').click();
  await expect.poll(name).toBeTruthy();
  expect(await name()).not.toBe(before);
});

test('storage is emptied and another tab is opened: what the first goes on saying of who it speaks for is not taken for who is there now', async ({ page, context }) => {
  await quietly(page);
  const basket = await granted(page);
  const returns = page.locator('candor-choices li.row').filter({ has: page.getByRole('switch', { name: 'Your returns' }) });
  await returns.getByRole('switch').click();
  await expect(returns.locator('.done')).toContainText('Saved');
  await page.evaluate(() => localStorage.clear());
  const next = await context.newPage();
  await quietly(next);
  await visit(next, here.shop, 'nora');
  const there = await panel(next);
  await expect(there.getByRole('switch')).toHaveAttribute('aria-checked', 'false');
  await next.evaluate(() => {
    (window as any).heard = 0;
    new BroadcastChannel('candor:pk_demo').onmessage = ({ data }) => void (data.controls && (window as any).heard++);
  });
  // A refusal goes to the service by the session in hand, and its answer to the other tabs.
  await returns.getByRole('switch').click();
  await expect(returns.locator('.done')).toContainText('Saved');
  await expect(basket.getByRole('switch')).toHaveAttribute('aria-checked', 'true');
  await expect.poll(() => next.evaluate(() => (window as any).heard)).toBe(1);
  expect(await next.evaluate(() => (window as any).candor.allowed('recommendations', 'basket'))).toBe(false);
  await expect(there.getByRole('switch')).toHaveAttribute('aria-checked', 'false');
});

test('localStorage is full: what waits is kept in a database', async ({ page }) => {
  const basket = await granted(page);
  await unanswered(page);
  await page.evaluate(() => {
    for (let size = 1 << 20; size > 0; size >>= 1)
      for (let at = 0; ; at++) try { localStorage.setItem(`shop:${size}:${at}`, 'x'.repeat(size)); } catch { break; }
  });
  await basket.getByRole('switch').click();
  await expect(basket.locator('.done')).toContainText('Not sent yet; kept on this device');
  const kept = await page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
  expect(kept).toContain('candor:pk_demo:');
});

test('nothing keeps anything: the card says that it is kept only while the page is open', async ({ page, context }) => {
  await context.addInitScript(() => {
    Object.defineProperty(window, 'localStorage', { get: () => { throw new DOMException('no', 'SecurityError'); } });
    indexedDB.open = () => { throw new DOMException('no', 'SecurityError'); };
  });
  const basket = await granted(page);
  await unanswered(page);
  await basket.getByRole('switch').click();
  await expect(basket.locator('.done')).toContainText('kept only while this page is open');
});

test('another tab holds the lock: this one waits for it, then the choice is saved', async ({ page, context }) => {
  const basket = await granted(page);
  const other = await context.newPage();
  await other.goto(`${here.shop}/assets/mark.svg`);
  await other.evaluate(() => new Promise<void>((held) => void navigator.locks.request('candor:pk_demo:anon', () => new Promise<void>((go) => { (window as any).release = go; held(); }))));
  let sent = 0;
  page.on('request', (request) => void (request.url().endsWith('/v1/decisions') && sent++));
  await basket.getByRole('switch').click();
  await expect(basket.locator('.done')).toContainText('Not sent yet');
  expect(sent).toBe(0);
  await other.evaluate(() => (window as any).release());
  await expect(basket.locator('.done')).toContainText('Saved');
});

test('a browser without locks: the choice is saved all the same', async ({ page, context }) => {
  await context.addInitScript(() => Object.defineProperty(navigator, 'locks', { value: { request: () => Promise.reject(new DOMException('no', 'SecurityError')) } }));
  const basket = await granted(page);
  await basket.getByRole('switch').click();
  await expect(basket.locator('.done')).toContainText('Saved');
});

test('a refused choice is said to be not taken, holds nothing up, and is still said after a reload', async ({ page }) => {
  const basket = await granted(page);
  await page.route('**/v1/decisions', (route) => route.fulfill({ status: 400, contentType: 'application/problem+json', headers: { 'access-control-allow-origin': '*' }, body: '{"type":"urn:candor:problem:malformed"}' }), { times: 2 });
  await basket.getByRole('switch').click();
  await expect(basket.locator('.done')).toContainText('Not taken');
  await expect(basket.getByRole('switch')).toHaveAttribute('aria-checked', 'true');
  await page.reload();
  await visit(page, here.shop, 'nora');
  const again = await panel(page);
  await expect(again.locator('.done')).toContainText('Not taken');
  await again.getByRole('switch').click();
  await expect(again.locator('.done')).toContainText('Saved');
});

for (const [how, before] of [
  ['by channel', () => {}],
  ['by storage, where there is no channel', () => void delete (window as any).BroadcastChannel],
  // Firefox's, where the site's storage is blocked.
  ['by storage, where a channel refuses', () => void ((window as any).BroadcastChannel = class { constructor() { throw new DOMException('no', 'SecurityError'); } })],
] as const)
  test(`two tabs, ${how}: a choice in one is the other’s, card and allowed() alike`, async ({ page, context }) => {
    await context.addInitScript(before);
    // What the network would bring, some seconds later, is no call from tab to tab.
    const soon = { timeout: 3_000 };
    await context.route('**/v1/live', (route) => route.abort());
    const basket = await granted(page);
    const other = await context.newPage();
    await visit(other, here.shop, 'nora');
    const there = await panel(other);
    await expect(there.getByRole('switch')).toHaveAttribute('aria-checked', 'true');
    await basket.getByRole('switch').click();
    await expect(there.getByRole('switch')).toHaveAttribute('aria-checked', 'false', soon);
    expect(await other.evaluate(() => (window as any).candor.allowed('recommendations', 'basket'))).toBe(false);
    await basket.getByRole('switch').click();
    await expect(basket.locator('.done')).toContainText('Saved');
    await expect(there.getByRole('switch')).toHaveAttribute('aria-checked', 'true', soon);
  });

for (const way of ['visibilitychange', 'focus'])
  test(`a tab that comes to the front asks what stands, with what it knows: ${way}`, async ({ page }) => {
    await granted(page);
    // What comes within a second is one and the same.
    await page.waitForTimeout(1_100);
    const asked = page.waitForRequest((request) => request.url().endsWith('/v1/choices') && /"rev":\d/.test(request.postData() ?? ''));
    await page.evaluate((name) => (name === 'focus' ? window : document).dispatchEvent(new Event(name, { bubbles: true })), way);
    expect((await (await asked).response())?.status()).toBe(204);
  });

test('another tab names the device while what stands is asked for: it is asked for again, under that name', async ({ page, context }) => {
  const other = await context.newPage();
  for (const tab of [page, other]) {
    await quietly(tab);
    await visit(tab, here.shop, 'hanna');
  }
  const asked: { device: string }[] = [];
  let arrive = (): void => {};
  const held = new Promise<void>((go) => (arrive = go));
  await page.route('**/v1/choices', async (route) => {
    const { device } = route.request().postDataJSON();
    asked.push({ device });
    if (device === asked[0]!.device) await held;
    await route.continue();
  });
  await panel(page);
  await expect.poll(() => asked.length).toBeGreaterThan(0);
  const basket = await panel(other);
  const on = (await basket.getByRole('switch').getAttribute('aria-checked')) !== 'true';
  await basket.getByRole('switch').click();
  await expect(basket.locator('.done')).toContainText('Saved');
  const device = await other.evaluate(() => localStorage.getItem('candor:pk_demo:device'));
  expect(device).not.toBe(asked[0]!.device);
  arrive();
  await expect.poll(() => asked.at(-1)!.device).toBe(device);
  await expect.poll(() => page.evaluate(() => (window as any).candor.allowed('recommendations', 'basket'))).toBe(on);
  // As it was, for whoever is next.
  await basket.getByRole('switch').click();
  await expect(basket.locator('.done')).toContainText('Saved');
});

test('what lies in storage as a decision and is none goes and is said; what another version wrote there stays', async ({ page }) => {
  const diagnosed: string[] = [];
  await page.exposeFunction('told', (code: string) => void diagnosed.push(code));
  await page.addInitScript(() => document.addEventListener('candor:diagnostic', (event) => (window as any).told((event as CustomEvent).detail.code)));
  // Global Privacy Control would be passed on, which loads it all, too.
  await quietly(page);
  const basket = await granted(page);
  const key = (id: string) => `candor:pk_demo:out:anon:00000000-0000-7000-8000-00000000000${id}`;
  const waiting = () => page.evaluate(() => Object.keys(localStorage).filter((name) => /:(out|unread):/.test(name)).sort());
  await page.evaluate((key) => localStorage.setItem(key, '{"decision":7}'), key('1'));
  const fetched: string[] = [];
  await visit(page, here.shop, 'nora');
  await panel(page);
  await expect.poll(() => diagnosed).toEqual(['unread']);
  await basket.getByRole('switch').click();
  await expect(basket.locator('.done')).toContainText('Saved');
  await expect.poll(waiting).toEqual([]);
  page.on('request', (request) => /\.wasm$/.test(request.url()) && fetched.push(request.url()));
  await visit(page, here.shop, 'nora');
  await page.waitForTimeout(1_000);
  expect(fetched).toEqual([]);
  await page.evaluate((key) => localStorage.setItem(key, '{"decision":{"id":"00000000-0000-7000-8000-000000000002","of":"the future"}}'), key('2'));
  await visit(page, here.shop, 'nora');
  await panel(page);
  await basket.getByRole('switch').click();
  await expect(basket.locator('.done')).toContainText('Saved');
  await expect.poll(waiting).toEqual([key('2')]);
  expect(diagnosed).toEqual(['unread']);
});

test('the line for changes made elsewhere breaks while a card is open: it is taken up again', async ({ page, browser }) => {
  let lines = 0;
  // The first ends at once, as where the service is started anew.
  await page.route('**/v1/live', (route) => (lines++ ? route.continue() : route.fulfill({ contentType: 'text/event-stream', headers: { 'access-control-allow-origin': '*' }, body: '' })));
  await visit(page, here.shop, 'hanna');
  const basket = await panel(page);
  await expect(basket.getByRole('switch')).toHaveAttribute('aria-checked', 'true');
  await expect.poll(() => lines).toBe(1);
  await expect.poll(() => lines, { timeout: 20_000 }).toBe(2);
  const phone = await (await browser.newContext({ locale: 'en-GB' })).newPage();
  await visit(phone, here.shop, 'hanna');
  const there = await panel(phone);
  await there.getByRole('switch').click();
  await expect(there.locator('.done')).toContainText('Saved');
  await expect(basket.getByRole('switch')).toHaveAttribute('aria-checked', 'false');
  await there.getByRole('switch').click();
  await expect(basket.getByRole('switch')).toHaveAttribute('aria-checked', 'true');
  await phone.context().close();
});
