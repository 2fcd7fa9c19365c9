// An anonymous subject that ends while pages stand open: erased by the shop, or closed by a sign-in elsewhere.
import { type BrowserContext, type Page, expect, test } from '@playwright/test';
import { demo } from '../house/demo';
import { allowed, anonymous, choices, kept, quietly } from '../house/person';
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
  const { session, other } = await erasedInTwoTabs(page, context);
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

test('an anonymous subject is erased while two tabs are open and both ask anew in the same moment: there is one for both', async ({ page, context }) => {
  const { session, other } = await erasedInTwoTabs(page, context);
  let arrives = (): void => {};
  const held = new Promise<void>((go) => (arrives = go));
  let taken = (): void => {};
  const made = new Promise<void>((go) => (taken = go));
  await other.route('**/v1/session', async (route) => {
    const response = await route.fetch();
    taken();
    await held;
    await route.fulfill({ response });
  });
  const answered = other.evaluate(() => (window as any).candor.choices());
  await made;
  await page.evaluate(() => (window as any).candor.choices());
  const now = await subject(page);
  expect(now).not.toBe(session.subject);
  arrives();
  await answered;
  await saved(page, 'Your returns');
  expect(await page.evaluate(() => JSON.parse(localStorage.getItem('candor:pk_demo:session') ?? '{}').subject)).toBe(now);
  expect(await subject(other)).toBe(now);
  await expect(switchOf(other, 'Your returns')).toHaveAttribute('aria-checked', 'true');
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

test('a tab found nobody and heard only from another who was made there: of one that has ended it shows nothing for the next', async ({ page, context }) => {
  await quietly(page);
  await visit(page, here.shop, 'nora');
  await choices(page);
  const session = await anonymous(await context.newPage(), here.shop);
  await expect(switchOf(page, 'Your basket')).toHaveAttribute('aria-checked', 'true');
  const other = context.pages()[1]!;
  await other.bringToFront();
  await saved(other, 'Your returns');
  await saved(other, 'Your returns');
  await erase(other, session.capability);
  await other.evaluate(() => (window as any).candor.choices());
  // Of the next one less was decided than of the one before.
  await saved(other, 'Your returns');
  const next = await subject(other);
  expect(next).not.toBe(session.subject);
  await page.evaluate(() => (window as any).candor.choices());
  expect(await subject(page)).toBe(next);
  await expect(switchOf(page, 'Your returns')).toHaveAttribute('aria-checked', 'true');
  await expect(switchOf(page, 'Your basket')).toHaveAttribute('aria-checked', 'false');
  expect(await allowed(page)).toBe(false);
  // Nor is it kept, to be sent again should the service come back from a backup.
  const grants = () => page.evaluate(() => Object.entries(localStorage).filter(([key, value]) => /:kept:anon:/.test(key) && /basket.*"granted"/.test(value)).length);
  expect(await grants()).toBe(0);
});

test('what was refused on this device was sent for an anonymous subject that has ended: it is sent for the next one too', async ({ page }) => {
  const session = await anonymous(page, here.shop);
  await page.evaluate(() => localStorage.setItem('candor:pk_demo:refused', 'recommendations/basket>1001'));
  await visit(page, here.shop, 'nora');
  await choices(page);
  await expect.poll(() => leftOut(page, session.capability)).toEqual(['1001']);
  await erase(page, session.capability);
  await page.evaluate(() => (window as any).candor.choices());
  await expect(switchOf(page, 'Your basket')).toHaveAttribute('aria-checked', 'false');
  await saved(page, 'Your basket');
  const { capability } = await page.evaluate(() => JSON.parse(localStorage.getItem('candor:pk_demo:session') ?? '{}'));
  expect(capability).not.toBe(session.capability);
  await page.evaluate(() => (window as any).candor.choices());
  await expect.poll(() => leftOut(page, capability)).toEqual(['1001']);
});

test('somebody signs in while another tab hears that who they were has ended: what that one sent is not left for the next', async ({ page }) => {
  await anonymous(page, here.shop);
  expect(await kept(page)).toContainEqual(expect.stringMatching(/^kept:anon:/));
  let closed = (): void => {};
  const asked = new Promise<void>((go) => (closed = go));
  await page.route('**/v1/session', async (route) => {
    const response = await route.fetch();
    // As the other tab does.
    await page.evaluate(() => localStorage.removeItem('candor:pk_demo:session'));
    await route.fulfill({ response });
    closed();
  });
  await visit(page, here.shop, 'hanna');
  await choices(page);
  await asked;
  await expect.poll(async () => (await kept(page)).filter((key) => /:?anon\b/.test(key))).toEqual([]);
});

/** An anonymous subject that two tabs show, and that is erased while they do. */
async function erasedInTwoTabs(page: Page, context: BrowserContext) {
  const session = await anonymous(page, here.shop);
  const other = await context.newPage();
  await quietly(other);
  await visit(other, here.shop, 'nora');
  await choices(other);
  await expect(switchOf(other, 'Your basket')).toHaveAttribute('aria-checked', 'true');
  await erase(page, session.capability);
  return { session, other };
}

/** Presses a switch and waits until the service has it. */
async function saved(page: Page, name: string): Promise<void> {
  await switchOf(page, name).click();
  // Whichever tab sends it.
  await expect.poll(async () => (await kept(page)).filter((key) => key.startsWith('out:'))).toEqual([]);
  const row = page.locator('candor-choices li.row').filter({ has: page.getByRole('switch', { name }) });
  await expect(row.locator('.done')).toContainText('Saved');
}

/** What the service leaves out of the basket of whom this capability speaks for. */
async function leftOut(page: Page, capability: string): Promise<unknown> {
  const data = JSON.stringify({ site: 'pk_demo', capability, device: await page.evaluate(() => localStorage.getItem('candor:pk_demo:device')) });
  const answer = await page.request.post(`${here.service}/v1/choices`, { headers: { 'content-type': 'text/plain', origin: here.shop }, data });
  return (await answer.json()).controls['recommendations/basket']?.left_out;
}

/** By the shop, or by a page that is gone. */
async function erase(page: Page, capability: string): Promise<void> {
  const data = JSON.stringify({ site: 'pk_demo', capability });
  expect((await page.request.post(`${here.service}/v1/erase`, { headers: { 'content-type': 'text/plain', origin: here.shop }, data })).ok()).toBe(true);
}
