// A no ends the asking for twelve months, on every page of the shop and in the chat; the no itself never lapses.
import { type BrowserContext, type Locator, type Page, expect, test } from '@playwright/test';
import { demo } from '../house/demo';
import { choices, quietly } from '../house/person';
import { loaded, visit } from '../house/shop';

const here = demo();
const NO = 'No, keep these';
/** The notice of the demo waits twelve months. */
const [REFUSED, BEFORE, AFTER] = ['2026-11-25T12:00:00Z', '2027-11-25T11:50:00Z', '2027-11-25T12:10:00Z'];

const question = (page: Page): Locator => page.locator('candor-ask .equals button');
const kept = (page: Page): Promise<Record<string, string>> =>
  page.evaluate(() => Object.fromEntries(Object.entries(localStorage).filter(([key]) => key.startsWith('candor:'))));

async function at(context: BrowserContext, time: string): Promise<Page> {
  const page = await context.newPage();
  // What the clock says is moved; timers and the network go on as they are.
  await page.clock.install({ time });
  return page;
}

/** The question in the list's place, answered with a no, and the moment from which it may be asked again noted. */
async function refuse(page: Page): Promise<void> {
  await page.locator('candor-ask').getByRole('button', { name: NO }).click();
  await expect(page.locator('candor-ask')).toContainText('we won’t ask again for a year');
  await expect.poll(async () => (await kept(page))['candor:pk_demo:ask-after']).toMatch(/^\d+$/);
}

async function isNotAsked(page: Page): Promise<void> {
  await page.waitForTimeout(1_200);
  await expect(question(page)).toHaveCount(0);
  await expect(page.locator('candor-ask').filter({ visible: true })).toHaveCount(0);
}

async function inTheChat(page: Page): Promise<Locator> {
  await visit(page, here.shop, 'nora', '/chat');
  await page.getByRole('button', { name: 'Give me an idea' }).click();
  await expect(page.locator('deep-chat .say').last()).toBeVisible();
  return page.locator('deep-chat candor-ask .equals button');
}

test('who refused while nobody knew them is asked again after twelve months and not before, on pages and in the chat', async ({ context }) => {
  const first = await at(context, REFUSED);
  await visit(first, here.shop, 'nora');
  await refuse(first);
  expect(Number((await kept(first))['candor:pk_demo:ask-after'])).toBeGreaterThanOrEqual(Date.parse('2027-11-25T12:00:00Z'));
  await first.close();

  const before = await at(context, BEFORE);
  for (const path of ['/shop', '/basket']) {
    await visit(before, here.shop, 'nora', path);
    await isNotAsked(before);
  }
  const chat = await inTheChat(before);
  await before.waitForTimeout(1_200);
  await expect(chat).toHaveCount(0);
  await before.close();

  const after = await at(context, AFTER);
  await visit(after, here.shop, 'nora');
  await expect(question(after)).toHaveCount(2);
  // Asked, and refused all the same until somebody says yes.
  expect((await kept(after))['candor:pk_demo:refused']).toContain('recommendations/basket');
  await after.locator('a[data-candor-open="choices"]').first().click();
  const basket = after.locator('candor-choices li.row').filter({ has: after.getByRole('switch', { name: 'Your basket' }) });
  await expect(basket.getByRole('switch')).toHaveAttribute('aria-checked', 'false');
  await after.keyboard.press('Escape');

  // A second no begins another twelve months, also where the list ends as it does after one of several was granted.
  await after.evaluate((key) => localStorage.setItem(key, localStorage.getItem(key)!.trim() + ' '), 'candor:pk_demo:refused');
  await refuse(after);
  await after.reload();
  await loaded(after);
  await isNotAsked(after);
  await after.clock.setSystemTime('2028-11-25T12:40:00Z');
  await expect(await inTheChat(after)).toHaveCount(2);
  // Her browser has said no for her all along: asked in the chat is asked.
  await visit(after, here.shop, 'nora');
  await isNotAsked(after);
});

test('a shop that waits longer asks later', async ({ context }) => {
  await context.route('**/v1/notice?*', async (route) => {
    // Read here: what a page that goes away meanwhile had asked for cannot be read from the route.
    const answer = await fetch(route.request().url());
    const body = await answer.json();
    body.notice.reask_after = 'P2Y';
    await route.fulfill({ json: body, headers: { 'access-control-allow-origin': '*' } }).catch(() => {});
  });
  const page = await at(context, REFUSED);
  await visit(page, here.shop, 'nora');
  await refuse(page);
  await page.clock.setSystemTime('2028-11-25T11:50:00Z');
  await page.reload();
  await loaded(page);
  await isNotAsked(page);
  await page.clock.setSystemTime('2028-11-25T12:10:00Z');
  await page.reload();
  await loaded(page);
  await expect(question(page)).toHaveCount(2);
});

test('the anonymous subject’s own no ends the asking where the shop does not know the subject', async ({ context }) => {
  const page = await at(context, REFUSED);
  await visit(page, here.shop, 'nora');
  await page.locator('candor-ask .equals button').first().click();
  await expect(page.locator('candor-ask .done')).toContainText('Saved');
  await page.locator('a[data-candor-open="choices"]').first().click();
  const basket = page.locator('candor-choices li.row').filter({ has: page.getByRole('switch', { name: 'Your basket' }) });
  const toggle = basket.getByRole('switch');
  if ((await toggle.getAttribute('aria-checked')) === 'true') await toggle.click();
  await expect(basket.locator('.done')).toContainText('Saved');
  await expect.poll(async () => (await kept(page))['candor:pk_demo:asked']).toContain('recommendations/basket');
  // The shop has forgotten whom it served.
  await context.clearCookies();
  await page.clock.setSystemTime(BEFORE);
  await visit(page, here.shop, 'nora');
  await expect(page.locator('candor-ask'), 'the shop asks').toHaveCount(1);
  await isNotAsked(page);
  await page.clock.setSystemTime(AFTER);
  await visit(page, here.shop, 'nora');
  await expect(question(page)).toHaveCount(2);
  // Her browser has said no for her all along: once is enough, this time too.
  await visit(page, here.shop, 'nora');
  await expect(page.locator('candor-ask'), 'the shop asks').toHaveCount(1);
  await isNotAsked(page);
});

test('who refused and signed in since is not asked on this device', async ({ context }) => {
  const page = await at(context, REFUSED);
  await visit(page, here.shop, 'nora');
  await refuse(page);
  // As the shop of somebody whose account was never asked about it would.
  for (const [time, count] of [[BEFORE, 0], [AFTER, 2]] as const) {
    await page.clock.setSystemTime(time);
    await visit(page, here.shop, 'hanna', '/product/1001');
    await page.evaluate(() => {
      const ask = document.createElement('candor-ask');
      ask.setAttribute('source', 'basket');
      document.querySelector('h1')!.after(ask);
    });
    await page.waitForTimeout(1_500);
    await expect(question(page)).toHaveCount(count);
  }
});

test('localStorage is blocked: a no ends the asking all the same', async ({ context }) => {
  await context.addInitScript(() => Object.defineProperty(window, 'localStorage', { get: () => { throw new DOMException('no', 'SecurityError'); } }));
  const page = await at(context, REFUSED);
  await visit(page, here.shop, 'nora');
  await page.locator('candor-ask').getByRole('button', { name: NO }).click();
  await expect(page.locator('candor-ask')).toContainText('we won’t ask again for a year');
  await page.locator('a[data-candor-open="choices"]').first().click();
  // What was only to be kept is saved once it is, and nothing says that it is still to be sent.
  const row = page.locator('candor-choices li.row').filter({ has: page.getByRole('switch', { name: 'Your basket' }) });
  await expect(row.locator('.done')).toContainText('Saved');
  await page.clock.setSystemTime(BEFORE);
  await page.reload();
  await loaded(page);
  await isNotAsked(page);
  await page.clock.setSystemTime(AFTER);
  await page.reload();
  await loaded(page);
  await expect(question(page)).toHaveCount(2);
});

test('a no in one tab takes the question off the other', async ({ context }) => {
  const [one, other] = [await at(context, REFUSED), await at(context, REFUSED)];
  for (const page of [one, other]) {
    await visit(page, here.shop, 'nora');
    await expect(question(page)).toHaveCount(2);
  }
  await refuse(one);
  await expect(question(other)).toHaveCount(0);
  await expect(one.locator('candor-ask'), 'where it was answered the answer stays').toContainText('we won’t ask again');
});

test('one of two that were refused is granted: when the other may be asked stays as it was', async ({ page }) => {
  await quietly(page);
  await visit(page, here.shop, 'nora');
  const after = Date.now() + 30 * 24 * 3_600_000;
  await page.evaluate((after) => {
    localStorage.setItem('candor:pk_demo:refused', ' recommendations/basket recommendations/returns');
    localStorage.setItem('candor:pk_demo:ask-after', String(after));
  }, after);
  const basket = await choices(page);
  await basket.getByRole('switch').click();
  await expect(basket.locator('.done')).toContainText('Saved');
  const kept = (key: string) => page.evaluate((key) => localStorage.getItem('candor:pk_demo:' + key), key);
  await expect.poll(() => kept('refused')).not.toContain('basket');
  expect(await kept('ask-after')).toBe(String(after));
  // Nor where it is told of whoever is known from there on.
  await page.evaluate(() => (window as any).candor.choices());
  await expect.poll(() => kept('carried:anon')).toContain('returns');
  await page.waitForTimeout(500);
  expect(await kept('ask-after')).toBe(String(after));
});

test('the place of a question that rests is given to another: that one is asked', async ({ page }) => {
  await visit(page, here.shop, 'nora');
  await refuse(page);
  await page.reload();
  await loaded(page);
  await isNotAsked(page);
  await page.locator('candor-ask').evaluate((ask) => ask.setAttribute('source', 'returns'));
  await expect(question(page)).toHaveCount(2);
  await expect(page.locator('candor-ask').filter({ visible: true })).toHaveCount(1);
});
