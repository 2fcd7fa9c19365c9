// The service asks one page of a device to wait: the others, and those that come after it, do not ask on their own account.
import { type Locator, type Page, type Route, expect, test } from '@playwright/test';
import { demo } from '../house/demo';
import { type Fault, type Line, overLine } from '../house/line';
import { anonymous, kept, quietly } from '../house/person';
import { visit } from '../house/shop';

const here = demo();
const within = overLine(here);
const HELD = 'wait:anon';

const askToWait = (seconds: number): Fault => (x) =>
  x.say(429, JSON.stringify({ type: 'urn:candor:problem:too-many' }), { 'content-type': 'application/problem+json', 'retry-after': String(seconds) });

test('one tab is told to wait: neither it nor the other asks before that, then what both decided is saved', () =>
  within(async ({ context, line, page }) => {
    await context.clock.install();
    await anonymous(page, here.shop);
    const other = await context.newPage();
    await quietly(other);
    await visit(other, here.shop, 'nora');
    await panel(other);
    line.break(askToWait(30));
    await toggle(page, 'Your basket').click();
    await told(page, line, 'Your basket');
    await expect(toggle(other, 'Your basket')).toHaveAttribute('aria-checked', 'false');
    await toggle(other, 'Your returns').click();
    await expect(done(other, 'Your returns')).toContainText('Not sent yet');
    await context.clock.fastForward(20_000);
    await other.evaluate(() => (window as any).candor.choices());
    expect(line.hits).toHaveLength(1);
    await over(page, line);
    await expect(done(other, 'Your returns')).toContainText('Saved');
  }));

test('a page is told to wait: the next one does not ask before that either', () =>
  within(async ({ context, line, page }) => {
    await context.clock.install();
    await anonymous(page, here.shop);
    line.break(askToWait(30));
    // A grant: a page that goes away sends what was refused all the same.
    await toggle(page, 'Your returns').click();
    await told(page, line, 'Your returns');
    await visit(page, here.shop, 'nora');
    await panel(page);
    await expect(toggle(page, 'Your returns')).toHaveAttribute('aria-checked', 'true');
    await context.clock.fastForward(20_000);
    await page.evaluate(() => (window as any).candor.choices());
    expect(line.hits).toHaveLength(1);
    await over(page, line);
  }));

test('the service makes nobody just now and asks to wait: a first grant asks again when that is over, and not before', async ({ page, context }) => {
  await context.clock.install();
  await quietly(page);
  let asked = 0;
  const busy = (route: Route) => {
    asked++;
    const headers = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'retry-after', 'content-type': 'application/problem+json', 'retry-after': '30' };
    return route.fulfill({ status: 429, headers, body: '{"type":"urn:candor:problem:too-many"}' });
  };
  await page.route('**/v1/session', busy);
  await visit(page, here.shop, 'nora');
  await panel(page);
  await toggle(page, 'Your basket').click();
  await expect(done(page, 'Your basket')).toContainText('Not sent yet');
  await expect.poll(() => asked).toBe(1);
  // Neither by itself, nor when the page comes to the front, nor for another press.
  await context.clock.fastForward(20_000);
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })));
  await toggle(page, 'Your returns').click();
  await page.waitForTimeout(500);
  expect(asked).toBe(1);
  await page.unroute('**/v1/session');
  await page.clock.fastForward(60_000);
  for (const name of ['Your basket', 'Your returns']) await expect(done(page, name)).toContainText('Saved');
});

test('the clock was set back by hours since a page was told to wait: nothing is held up for that', () =>
  within(async ({ page }) => {
    await anonymous(page, here.shop);
    await page.evaluate((key) => localStorage.setItem(`candor:pk_demo:${key}`, String(Date.now() + 2 * 3_600_000)), HELD);
    await toggle(page, 'Your returns').click();
    await expect(done(page, 'Your returns')).toContainText('Saved');
  }));

test('forget() after a page was told to wait: nothing is left of it', () =>
  within(async ({ line, page }) => {
    await anonymous(page, here.shop);
    line.break(askToWait(30));
    await toggle(page, 'Your returns').click();
    await told(page, line, 'Your returns');
    await page.evaluate(() => (window as any).candor.forget());
    await expect.poll(() => kept(page)).toEqual([]);
  }));

test('forget() while a page waits for its turn to send: nothing is sent any more, and nothing is left', () =>
  within(async ({ line, page }) => {
    await page.addInitScript(() => {
      const real = navigator.locks.request.bind(navigator.locks) as (...args: any[]) => Promise<unknown>;
      (navigator.locks as any).request = async (...args: unknown[]) => (await (window as any).turn, real(...args));
    });
    await anonymous(page, here.shop);
    line.break(askToWait(30));
    await page.evaluate(() => {
      (window as any).turn = new Promise((go) => ((window as any).comes = go));
    });
    await toggle(page, 'Your returns').click();
    await page.evaluate(() => ((window as any).candor.forget(), (window as any).comes()));
    await expect.poll(() => kept(page)).toEqual([]);
    await page.waitForTimeout(500);
    expect(line.hits).toHaveLength(0);
    expect(await kept(page)).toEqual([]);
  }));

const panel = (page: Page): Promise<void> => page.locator('a[data-candor-open="choices"]').first().click();
const toggle = (page: Page, name: string): Locator => page.getByRole('switch', { name });
const done = (page: Page, name: string): Locator => page.locator('candor-choices li.row').filter({ has: toggle(page, name) }).locator('.done');

/** The page has asked once, and knows that it is to wait. */
async function told(page: Page, line: Line, name: string): Promise<void> {
  await expect.poll(() => line.hits.length).toBe(1);
  await expect(done(page, name)).toContainText('Not sent yet');
  // That is on the screen before the answer is heard; a page that is left until then sends once more.
  await expect.poll(() => kept(page)).toContain(HELD);
}

/** The time has come, and nothing waits any more. */
async function over(page: Page, line: Line): Promise<void> {
  line.mend();
  await page.clock.fastForward(60_000);
  await expect.poll(async () => (await kept(page)).filter((key) => key.startsWith('out:'))).toEqual([]);
}
