// What other consent tools got wrong in the page, each by the name of its report: it must not happen here.
// Those that concern the service are in service/tests/service/others_defects.rs.
import { type Page, expect, test } from '@playwright/test';
import { demo } from '../house/demo';
import { allowed, quietly } from '../house/person';
import { loaded, visit } from '../house/shop';

const here = demo();
const BASKET = 'recommendations/basket';

/** What was granted by anything that leaves the page. */
function grants(page: Page): string[] {
  const all: string[] = [];
  page.on('request', (request) => {
    if (!request.url().endsWith('/v1/decisions')) return;
    for (const { changes = [] } of request.postDataJSON().decisions)
      for (const { control, choice } of changes) if (choice === 'granted') all.push(control);
  });
  return all;
}

const standing = (page: Page): Promise<string | undefined> =>
  page.evaluate(async (control) => (await (window as any).candor.choices()).controls[control]?.choice, BASKET);

/** Somebody unknown who says no to the question about their basket. */
async function refuses(page: Page): Promise<void> {
  await quietly(page);
  await visit(page, here.shop, 'nora');
  await page.locator('candor-ask .equals button').last().click();
  await expect(page.locator('candor-ask')).toContainText('won’t ask again');
  await expect.poll(() => standing(page)).toBe('denied');
}

test('c15t #546, a stored rejection was granted over on reload: here it stands on every page, and nothing grants of itself', async ({ page }) => {
  const granted = grants(page);
  await refuses(page);
  for (const path of ['/shop', '/basket', '/shop']) {
    await page.goto(here.shop + path);
    await loaded(page);
    expect(await allowed(page)).toBe(false);
    expect(await standing(page)).toBe('denied');
    await page.waitForTimeout(1_200);
  }
  expect(await allowed(page)).toBe(false);
  expect(granted).toEqual([]);
});

test('c15t #1084, an outage at the start erased a saved rejection and recovery granted: here neither changes anything', async ({ page }) => {
  const granted = grants(page);
  await refuses(page);
  await page.route(`${here.service}/v1/**`, (route) => route.abort());
  await page.reload();
  await loaded(page);
  expect(await standing(page)).toBe('denied');
  expect(await allowed(page)).toBe(false);
  await page.unroute(`${here.service}/v1/**`);
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await page.waitForTimeout(1_200);
  expect(await standing(page)).toBe('denied');
  await page.reload();
  await loaded(page);
  expect(await standing(page)).toBe('denied');
  expect(await allowed(page)).toBe(false);
  expect(granted).toEqual([]);
});

test('c15t #1085, blocked storage threw at the start: here the page starts, allows nothing, and its panel opens', async ({ page, context }) => {
  const thrown: string[] = [];
  page.on('pageerror', (error) => thrown.push(error.message));
  await context.addInitScript(() => Object.defineProperty(window, 'localStorage', { get: () => { throw new DOMException('no', 'SecurityError'); } }));
  await visit(page, here.shop, 'nora');
  expect(await allowed(page)).toBe(false);
  await page.locator('a[data-candor-open="choices"]').first().click();
  await expect(page.locator('candor-choices').getByRole('switch').first()).toBeVisible();
  expect(thrown).toEqual([]);
});
