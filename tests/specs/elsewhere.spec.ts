// Something changes where one is not looking: the words on screen go with what stands, and never say the opposite.
import { type Browser, type Page, expect, test } from '@playwright/test';
import { demo } from '../house/demo';
import { kept } from '../house/person';
import { card, chip, openCard, openLayer, openSources, row, toggle, turn, visit } from '../house/shop';

const here = demo();

const open = (page: Page): Promise<void> => openSources(page, here.shop);

/** The same person at two devices, each with the row of her orders in sight. */
async function devices(browser: Browser) {
  const [laptop, phone] = [await (await browser.newContext()).newPage(), await (await browser.newContext()).newPage()];
  await open(laptop);
  await open(phone);
  return { laptop, phone, mine: row(laptop, 'orders'), other: row(phone, 'orders') };
}

const master = (page: Page) => card(page).locator('.master');
const offline = (page: Page, is: boolean) => page.context().setOffline(is);

test('switched off here, on again elsewhere, and the other way round: nothing says “Off” beside a switch that is on', async ({ browser }) => {
  const { laptop, phone, mine, other } = await devices(browser);
  await turn(mine, 'off');
  await expect(mine.locator('.done').first()).toContainText('Saved');
  await expect(toggle(other)).toHaveAttribute('aria-checked', 'false');
  await turn(other, 'on');
  await expect(other.locator('.done').first()).toContainText('Saved');
  await expect(toggle(mine)).toHaveAttribute('aria-checked', 'true');
  await expect(mine.locator(':scope > .done')).toHaveCount(0);

  // All at once here, one of it there.
  await turn(master(laptop), 'off');
  await expect(master(laptop)).toContainText('None of your data is used');
  await expect(master(laptop)).toContainText('Saved');
  await expect(toggle(other)).toHaveAttribute('aria-checked', 'false');
  await turn(other, 'on');
  await expect(toggle(master(laptop))).toHaveAttribute('aria-checked', 'true');
  await expect(master(laptop)).not.toContainText('None of your data is used');
  // As she left it for the tests that follow.
  for (const source of ['returns', 'basket', 'views']) {
    const one = row(phone, source);
    if ((await one.count()) && (await toggle(one).getAttribute('aria-checked')) === 'false') {
      await turn(one, 'on');
      await expect(one.locator('.done').first()).toContainText('Saved');
    }
  }
});

test('decided without a network, and the page opened anew without one: it still says that it was not sent yet', async ({ page }) => {
  await open(page);
  const orders = row(page, 'orders');
  await page.route('**/v1/decisions', (route) => route.abort());
  await turn(orders, 'off');
  await expect(orders.locator('.done').first()).toContainText('Not sent yet');
  await page.evaluate(() => { window.fetch = () => Promise.reject(new TypeError('cut')); });
  await open(page);
  await expect(toggle(orders)).toHaveAttribute('aria-checked', 'false');
  await expect(orders.locator('.done').first()).toContainText('Not sent yet');
  await page.unroute('**/v1/decisions');
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await expect(orders.locator('.done').first()).toContainText('Saved');
  await expect.poll(async () => (await kept(page)).filter((key) => key.startsWith('out:')).length).toBe(0);
  await turn(orders, 'on');
  await expect(orders.locator('.done').first()).toContainText('Saved');
});

test('a grant of an earlier page that came too late: the next page says why it is not on, and where it was switched off', async ({ browser }) => {
  const { laptop, phone, mine, other } = await devices(browser);
  await expect(toggle(mine)).toHaveAttribute('aria-checked', 'true');
  await offline(laptop, true);
  await turn(mine, 'off');
  await turn(mine, 'on');
  await expect(mine.locator('.done').first()).toContainText('Not sent yet');
  // Not even this page's last breath reaches the service.
  await laptop.evaluate(() => { window.fetch = () => Promise.reject(new TypeError('cut')); });
  await turn(other, 'off');
  await expect(other.locator('.done').first()).toContainText('Saved');
  await offline(laptop, false);
  await open(laptop);
  await expect(mine.locator('.done').first()).toContainText(/^Not switched on: it was switched off on another device on /);
  await expect(toggle(mine)).toHaveAttribute('aria-checked', 'false');
  await turn(mine, 'on');
  await expect(mine.locator('.done').first()).toContainText('Saved');
});

test('closed before it was sent, or before anybody read why it is not on: the card opened again still says so', async ({ browser }) => {
  const { laptop, phone, mine, other } = await devices(browser);
  const again = async (page: Page): Promise<void> => {
    await page.keyboard.press('Escape');
    await expect(card(page)).toHaveCount(0);
    // Without a network there may be no document; the switches are there.
    await chip(page).click();
    await openLayer(card(page), 'sources');
  };
  await offline(laptop, true);
  await turn(mine, 'off');
  await turn(mine, 'on');
  await expect(mine.locator('.done').first()).toContainText('Not sent yet');
  await again(laptop);
  await expect(mine.locator('.done').first()).toContainText('Not sent yet');
  await turn(other, 'off');
  await expect(other.locator('.done').first()).toContainText('Saved');
  await laptop.keyboard.press('Escape');
  await offline(laptop, false);
  await expect.poll(async () => (await kept(laptop)).filter((key) => key.startsWith('out:')).length).toBe(0);
  await openCard(laptop);
  await openLayer(card(laptop), 'sources');
  await expect(mine.locator('.done').first()).toContainText(/^Not switched on: it was switched off on another device on /);
  // Switched on there: nothing here says that it is not.
  await turn(other, 'on');
  await expect(toggle(mine)).toHaveAttribute('aria-checked', 'true');
  await expect(mine.locator(':scope > .done')).toHaveCount(0);
  // What was saved was said.
  await turn(mine, 'off');
  await expect(mine.locator('.done').first()).toContainText('Saved');
  await again(laptop);
  await expect(mine).toContainText('You switched it off.');
  await expect(mine.locator(':scope > .done')).toHaveCount(0);
  await turn(mine, 'on');
  await expect(mine.locator('.done').first()).toContainText('Saved');
});

test('Personal picks was switched off on an earlier page: it says what to do, and a press leads there', async ({ page }) => {
  await visit(page, here.shop, 'hanna');
  await openCard(page);
  await toggle(master(page)).click();
  await expect(master(page)).toContainText('Saved');
  await visit(page, here.shop, 'hanna');
  await chip(page).click();
  await expect(toggle(master(page))).toHaveAttribute('aria-checked', 'false');
  await expect(master(page)).toContainText('Choose below what may be used.');
  await toggle(master(page)).click();
  const first = card(page).locator('details[data-layer=sources]').getByRole('switch').first();
  await expect(first).toBeFocused();
  await expect(first).toBeInViewport();
  // As she left it for the tests that follow.
  for (const one of await card(page).locator('details[data-layer=sources] li.row').all()) {
    if ((await one.getByRole('switch').count()) && (await toggle(one).getAttribute('aria-checked')) === 'false') {
      await turn(one, 'on');
      await expect(one.locator('.done').first()).toContainText('Saved');
    }
  }
});

test('pressed while there is no network, and again when there is: it opens', async ({ page }) => {
  await visit(page, here.shop, 'hanna');
  await offline(page, true);
  const link = page.locator('a[data-candor-open="choices"]').first();
  await link.click();
  await page.waitForTimeout(500);
  await expect(page.locator('candor-choices').getByRole('switch')).toHaveCount(0);
  await offline(page, false);
  await link.click();
  await expect(page.locator('candor-choices').getByRole('switch').first()).toBeVisible();
  expect(page.url()).toContain('/shop');
});

test('a file that a press needs cannot be had once: the next press has it', async ({ page }) => {
  await open(page);
  await page.route('**/acts-*.js', (route) => route.abort());
  const press = card(page).getByRole('button', { name: 'Not for me' });
  await press.click();
  await page.waitForTimeout(500);
  await page.unroute('**/acts-*.js');
  const answer = page.waitForResponse('**/v1/feedback');
  await press.click();
  expect((await answer).ok()).toBe(true);
});
