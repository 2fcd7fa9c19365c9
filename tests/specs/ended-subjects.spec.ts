// An anonymous subject that ends while pages stand open: erased by the shop, or closed by a sign-in elsewhere.
import { type Page, expect, test } from '@playwright/test';
import { demo } from '../house/demo';
import { allowed, anonymous, choices, quietly } from '../house/person';
import { visit } from '../house/shop';

const here = demo();

const subject = (page: Page): Promise<string | null> => page.evaluate(() => (window as any).candor.subject());
const switchOf = (page: Page, name: string) => page.locator('candor-choices').getByRole('switch', { name }).first();

test('an anonymous subject is erased by a page that is gone: the one that stands open shows nothing of it as on', async ({ page }) => {
  const session = await anonymous(page, here.shop);
  expect(await allowed(page)).toBe(true);
  await erase(page, session.capability);
  await page.evaluate(() => (window as any).candor.choices());
  await expect(switchOf(page, 'Your basket')).toHaveAttribute('aria-checked', 'false');
  expect(await allowed(page)).toBe(false);
  expect(await subject(page)).not.toBe(session.subject);
});

test('an anonymous subject is erased while two tabs are open: the one that hears of it later goes on as whoever the first made', async ({ page, context }) => {
  const session = await anonymous(page, here.shop);
  const other = await context.newPage();
  await quietly(other);
  await visit(other, here.shop, 'nora');
  await choices(other);
  await expect(switchOf(other, 'Your basket')).toHaveAttribute('aria-checked', 'true');
  await erase(page, session.capability);
  await other.evaluate(() => (window as any).candor.choices());
  await switchOf(other, 'Your returns').click();
  const row = other.locator('candor-choices li.row').filter({ has: other.getByRole('switch', { name: 'Your returns' }) });
  await expect(row.locator('.done')).toContainText('Saved');
  const now = await subject(other);
  expect(now).not.toBe(session.subject);
  await page.evaluate(() => (window as any).candor.choices());
  expect(await subject(page)).toBe(now);
  await expect(switchOf(page, 'Your returns')).toHaveAttribute('aria-checked', 'true');
  expect(await page.evaluate(() => JSON.parse(localStorage.getItem('candor:pk_demo:session') ?? '{}').subject)).toBe(now);
});

test('an anonymous subject is closed by a sign-in elsewhere while an answer for it is on its way: what that says is nobody’s', async ({ page }) => {
  const session = await anonymous(page, here.shop);
  let arrives = (): void => {};
  const held = new Promise<void>((go) => (arrives = go));
  let taken = (): void => {};
  const stored = new Promise<void>((go) => (taken = go));
  let first = true;
  await page.route('**/v1/decisions', async (route) => {
    // What is sent again goes nowhere: the late answer is all there is.
    if (!first) return route.abort();
    first = false;
    const response = await route.fetch();
    taken();
    await held;
    await route.fulfill({ response });
  });
  await switchOf(page, 'Your returns').click();
  await stored;
  // In another tab, which is signed out again.
  await page.request.get(`${here.shop}/shop?persona=hanna`);
  const token = await (await page.request.get(`${here.shop}/token`)).text();
  await page.request.get(`${here.shop}/shop?persona=nora`);
  const data = JSON.stringify({ site: 'pk_demo', device: `dev_${'0'.repeat(32)}`, token, capability: session.capability });
  expect((await page.request.post(`${here.service}/v1/session`, { headers: { 'content-type': 'text/plain', origin: here.shop }, data })).ok()).toBe(true);
  await page.evaluate(() => (window as any).candor.choices());
  // Looked at in every moment in which anything is told, too: a page that asks again mends it.
  await page.evaluate(() => {
    const seen: boolean[] = ((window as any).seen = []);
    for (const name of ['choice', 'saved']) document.addEventListener('candor:' + name, () => seen.push((window as any).candor.allowed('recommendations', 'basket')));
  });
  const late = page.waitForResponse('**/v1/decisions');
  arrives();
  await late;
  await page.waitForTimeout(500);
  expect(await page.evaluate(() => (window as any).seen)).not.toContain(true);
  expect(await allowed(page)).toBe(false);
  await expect(switchOf(page, 'Your basket')).toHaveAttribute('aria-checked', 'false');
});

/** By the shop, or by a page that is gone. */
async function erase(page: Page, capability: string): Promise<void> {
  const data = JSON.stringify({ site: 'pk_demo', capability });
  expect((await page.request.post(`${here.service}/v1/erase`, { headers: { 'content-type': 'text/plain', origin: here.shop }, data })).ok()).toBe(true);
}
