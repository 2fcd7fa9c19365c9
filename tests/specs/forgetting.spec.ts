// What `forget()` and a sign-out leave behind: nothing that is anybody's, and nothing that lasts on the service.
import { type Page, expect, test } from '@playwright/test';
import { demo } from '../house/demo';
import { allowed, anonymous, choices, kept, quietly, served, stored } from '../house/person';
import { visit } from '../house/shop';

const here = demo();

const forget = (page: Page) => page.evaluate(() => (window as any).candor.forget().then(() => 'done', String));

test('forget() clears the device in the same turn, whether anything more can be fetched or not', async ({ page }) => {
  await anonymous(page, here.shop);
  await page.route('**/candor-*.wasm', (route) => route.abort());
  await visit(page, here.shop, 'nora');
  expect(await page.evaluate(() => {
    (window as any).candor.forget().catch(() => {});
    return Object.keys(localStorage).filter((key) => key.startsWith('candor:') && !key.includes(':owed'));
  })).toEqual([]);
});

test('the service cannot erase just now: the capability alone is kept, and the next page has it erased', async ({ page }) => {
  const session = await anonymous(page, here.shop);
  await page.route('**/v1/erase', (route) => route.fulfill({ status: 503, headers: { 'access-control-allow-origin': '*' }, contentType: 'application/problem+json', body: '{}' }));
  expect(await forget(page)).toBe('done');
  await expect.poll(() => kept(page)).toEqual([`owed:${session.subject}`]);
  expect((await served(page, here.service, session)).status).toBe(200);
  await page.unroute('**/v1/erase');
  await visit(page, here.shop, 'nora');
  await expect.poll(() => kept(page)).toEqual([]);
  expect((await served(page, here.service, session)).status).toBe(410);
});

test('forget() and away: what it owes is done by the next page, and nothing comes back', async ({ page }) => {
  const session = await anonymous(page, here.shop);
  await visit(page, here.shop, 'nora');
  await page.evaluate((next) => { (window as any).candor.forget().catch(() => {}); location.href = next; }, `${here.shop}/shop?persona=nora&again`);
  await page.waitForURL(/again/);
  await expect.poll(() => kept(page)).toEqual([]);
  expect((await served(page, here.service, session)).status).toBe(410);
});

test('forget() and away to a page that is not ours: the service has erased all the same', async ({ page }) => {
  const session = await anonymous(page, here.shop);
  await page.evaluate((next) => { (window as any).candor.forget().catch(() => {}); location.href = next; }, `${here.shop}/assets/mark.svg`);
  await page.waitForURL(/mark/);
  await expect.poll(async () => (await served(page, here.service, session)).status).toBe(410);
});

test('forget() by somebody signed in also erases the anonymous subject that was left over', async ({ page }) => {
  const session = await anonymous(page, here.shop);
  // Who is there cannot be read just now, so signing in does not close it.
  await page.route('**/v1/choices', (route) => route.abort());
  await visit(page, here.shop, 'hanna');
  await page.locator('a[data-candor-open="choices"]').first().click();
  await expect.poll(() => page.evaluate(() => (window as any).candor.subject())).toMatch(/^sub_/);
  expect(await kept(page)).toContain('session');
  expect(await forget(page)).toBe('done');
  expect((await served(page, here.service, session)).status).toBe(410);
  await expect.poll(() => kept(page)).toEqual([]);
});

test('localStorage is blocked and nobody acted: no database is made', async ({ page, context }) => {
  await context.addInitScript(() => Object.defineProperty(window, 'localStorage', { get: () => { throw new DOMException('no', 'SecurityError'); } }));
  await visit(page, here.shop, 'hanna');
  await page.locator('a[data-candor-open="choices"]').first().click();
  await expect(page.locator('candor-choices').getByRole('switch').first()).toBeVisible();
  expect(await stored(page)).toEqual([]);
});

test('forget() where nothing can be kept, or nothing more can be fetched: nothing is thrown into the page', async ({ page, context }) => {
  const thrown: string[] = [];
  page.on('pageerror', (error) => void thrown.push(String(error)));
  await context.addInitScript(() => Object.defineProperty(window, 'localStorage', { get: () => { throw new DOMException('no', 'SecurityError'); } }));
  await page.route('**/database-*.js', (route) => route.abort());
  await visit(page, here.shop, 'nora');
  await choices(page);
  expect(await forget(page)).toBe('done');
  await page.route('**/candor-*.js', (route) => route.abort());
  await visit(page, here.shop, 'nora');
  await page.evaluate(() => (window as any).candor.push(['forget'], ['choices']));
  await page.waitForTimeout(1_000);
  expect(thrown).toEqual([]);
});

test('a database that never answers holds up no card', async ({ page, context }) => {
  await context.addInitScript(() => { indexedDB.databases = () => new Promise(() => {}); });
  await visit(page, here.shop, 'hanna');
  await page.locator('a[data-candor-open="choices"]').first().click();
  await expect(page.locator('candor-choices').getByRole('switch').first()).toBeVisible();
});

test('what could not be kept is called so, whatever else was kept after it', async ({ page, context }) => {
  await context.addInitScript(() => {
    Object.defineProperty(window, 'localStorage', { get: () => { throw new DOMException('no', 'SecurityError'); } });
    const put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = function (value, key) {
      if (String(key).startsWith('out:')) this.transaction.abort();
      return put.call(this, value, key);
    };
  });
  await visit(page, here.shop, 'nora');
  await page.route('**/v1/decisions', (route) => route.abort());
  await page.locator('a[data-candor-open="choices"]').first().click();
  const basket = page.locator('candor-choices li.row').filter({ has: page.getByRole('switch', { name: 'Your basket' }) });
  await basket.getByRole('switch').click();
  await expect(basket.locator('.done')).toContainText('Not sent yet');
  await page.waitForTimeout(1_000);
  await expect(basket.locator('.done')).not.toContainText('kept on this device');
});

test('the page speaks another language than the card, and there is no network: forget() reaches the card all the same', async ({ page }) => {
  const session = await anonymous(page, here.shop);
  await page.evaluate(() => { document.documentElement.lang = 'fr'; });
  await page.context().setOffline(true);
  expect(await forget(page)).toBe('done');
  expect(await page.evaluate(() => (window as any).candor.subject())).toBeNull();
  expect(await allowed(page)).toBe(false);
  await page.context().setOffline(false);
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await expect.poll(() => kept(page)).toEqual([]);
  expect((await served(page, here.service, session)).status).toBe(410);
});

test('forget() just after a no, with a file still on its way: nothing comes back', async ({ page }) => {
  await quietly(page);
  await page.route(/asking-\w+\.js/, async (route) => {
    await new Promise((go) => setTimeout(go, 1_500));
    await route.continue();
  });
  await visit(page, here.shop, 'hanna');
  await page.locator('a[data-candor-open="choices"]').first().click();
  const returns = page.locator('candor-choices').getByRole('switch', { name: 'Your returns' }).first();
  await expect(returns).toHaveAttribute('aria-checked', /true|false/);
  await returns.click();
  expect(await forget(page)).toBe('done');
  await page.waitForTimeout(2_500);
  expect(await kept(page)).toEqual([]);
});

test('the shop’s origin is not allowed for a while: the erasure stays owed', async ({ page }) => {
  const session = await anonymous(page, here.shop);
  await page.route('**/v1/erase', (route) => route.fulfill({ status: 403, headers: { 'access-control-allow-origin': '*' }, contentType: 'application/problem+json', body: '{"type":"urn:candor:problem:origin-not-allowed"}' }));
  expect(await forget(page)).toBe('done');
  await expect.poll(() => kept(page)).toEqual([`owed:${session.subject}`]);
  await page.unroute('**/v1/erase');
  await visit(page, here.shop, 'nora');
  await expect.poll(() => kept(page)).toEqual([]);
  expect((await served(page, here.service, session)).status).toBe(410);
});

test('localStorage is blocked and the service cannot erase just now: who next opens a card has it erased', async ({ page, context }) => {
  await context.addInitScript(() => Object.defineProperty(window, 'localStorage', { get: () => { throw new DOMException('no', 'SecurityError'); } }));
  await quietly(page);
  await visit(page, here.shop, 'nora');
  const made = page.waitForResponse('**/v1/session');
  const basket = await choices(page);
  await basket.getByRole('switch').click();
  await expect(basket.locator('.done')).toContainText('Saved');
  const session = await (await made).json();
  await page.route('**/v1/erase', (route) => route.abort());
  expect(await forget(page)).toBe('done');
  expect((await served(page, here.service, session)).status).toBe(200);
  await page.waitForTimeout(500);
  await page.unroute('**/v1/erase');
  await visit(page, here.shop, 'nora');
  await page.locator('a[data-candor-open="choices"]').first().click();
  await expect.poll(async () => (await served(page, here.service, session)).status).toBe(410);
});

test('what stands where a subject would be and is none makes none by being looked at', async ({ page }) => {
  await quietly(page);
  await visit(page, here.shop, 'nora');
  await page.evaluate(() => localStorage.setItem('candor:pk_demo:session', '{}'));
  const made: string[] = [];
  page.on('request', (request) => request.url().endsWith('/v1/session') && made.push(request.postData() ?? ''));
  const basket = await choices(page);
  await expect(basket.getByRole('switch')).toHaveAttribute('aria-checked', 'false');
  await page.waitForTimeout(1_000);
  expect(made).toEqual([]);
  expect(await kept(page)).toEqual(['session']);
});

test('forget() in one tab is heard in the other: it speaks for nobody any more', async ({ page, context }) => {
  const session = await anonymous(page, here.shop);
  const other = await context.newPage();
  await quietly(other);
  await visit(other, here.shop, 'nora');
  const basket = await choices(other);
  await expect(basket.getByRole('switch')).toHaveAttribute('aria-checked', 'true');
  expect(await forget(page)).toBe('done');
  await expect(basket.getByRole('switch')).toHaveAttribute('aria-checked', 'false');
  expect(await other.evaluate(() => (window as any).candor.subject())).toBeNull();
  expect(await allowed(other)).toBe(false);
  expect((await served(page, here.service, session)).status).toBe(410);
  // Until the shop's own server has forgotten, too.
  await expect.poll(() => kept(other)).toEqual([]);
});

test('forget() in one tab: another that had no room, and could not say so, goes by no name of before', async ({ page, context }) => {
  const named: string[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/v1/decisions')) named.push(request.postDataJSON().decisions[0].device);
  });
  const other = await context.newPage();
  await quietly(other);
  await visit(other, here.shop, 'nora');
  await anonymous(page, here.shop);
  await page.evaluate(() => {
    Storage.prototype.setItem = () => { throw new DOMException('no room', 'QuotaExceededError'); };
    const post = BroadcastChannel.prototype.postMessage;
    BroadcastChannel.prototype.postMessage = function (said) { if (!said.key) post.call(this, said); };
  });
  const basket = page.locator('candor-choices li.row').filter({ has: page.getByRole('switch', { name: 'Your basket' }) });
  await basket.getByRole('switch').click();
  await expect(basket.locator('.done')).toContainText('Saved');
  expect(new Set(named).size).toBe(1);
  expect(await forget(other)).toBe('done');
  await expect.poll(() => page.evaluate(() => (window as any).candor.subject())).toBeNull();
  await expect(basket.getByRole('switch')).toBeEnabled();
  await basket.getByRole('switch').click();
  await expect.poll(() => named.length).toBe(3);
  await expect(basket.locator('.done')).toContainText('Saved');
  expect(new Set(named).size).toBe(2);
});

test('two tabs of a subject that has ended: the one that hears of it late leaves the other’s new one alone', async ({ page, context }) => {
  const session = await anonymous(page, here.shop);
  // From now on it is to be renewed.
  await page.evaluate(() => {
    const key = 'candor:pk_demo:session';
    localStorage.setItem(key, JSON.stringify({ ...JSON.parse(localStorage.getItem(key)!), renew_at: '2020-01-01T00:00:00Z' }));
  });
  const other = await context.newPage();
  await quietly(other);
  let arrive = (): void => {};
  const held = new Promise<void>((resolve) => (arrive = resolve));
  await other.route('**/v1/session', (route) => (/capability/.test(route.request().postData() ?? '') ? held.then(() => route.continue()) : route.continue()));
  const asked = other.waitForRequest((request) => /capability/.test((request.url().endsWith('/v1/session') && request.postData()) || ''));
  await visit(other, here.shop, 'nora');
  await choices(other);
  const answered = (await asked).response();
  // Somebody signs in, which closes it, and out again.
  await visit(page, here.shop, 'hanna');
  await choices(page);
  await expect.poll(() => kept(page)).not.toContain('session');
  const next = await anonymous(page, here.shop);
  expect(next.subject).not.toBe(session.subject);
  arrive();
  expect((await answered)?.status()).toBe(403);
  // Whatever the late tab makes of it, it speaks for the one that stands.
  await expect.poll(() => other.evaluate(() => (window as any).candor.choices().then(() => (window as any).candor.subject()))).toBe(next.subject);
  expect(await page.evaluate(() => JSON.parse(localStorage.getItem('candor:pk_demo:session') ?? '{}').subject)).toBe(next.subject);
});
