// The sixty seconds, by mouse and again by keyboard alone.
import { type Page, expect, test } from '@playwright/test';
import { demo } from '../house/demo';
import { byKeyboard, byMouse, card, items, newList, openCard, openLayer, previewed, recommendation, row, see, toggle, undo, visit } from '../house/shop';

const BABY_GIFT = '5001';

for (const [way, press] of [['mouse', byMouse], ['keyboard', byKeyboard]] as const) {
  test.describe(`by ${way}`, () => {
    const here = demo();

    test(`Hanna's list says what it rests on, and one sentence why (${way})`, async ({ page }) => {
      await visit(page, here.shop, 'hanna', '/');
      await expect(page.locator('#picks h2 candor-why').getByRole('button')).toHaveText('From your orders · Why?');
      await openCard(page, press);
      await expect(card(page).locator('.reason').first()).toHaveText(/^Because (you bought|you sent back|.* is in your basket)/);
      await page.keyboard.press('Escape');
      await expect(card(page)).toHaveCount(0);
      await expect(page.locator('#picks h2 candor-why').getByRole('button')).toBeFocused();
    });

    test(`list served after = preview before, and Undo brings the list back (${way})`, async ({ page }) => {
      await visit(page, here.shop, 'hanna', '/');
      const [before, id] = [await items(page), await recommendation(page)];
      await openCard(page, press);
      await openLayer(card(page), 'sources', press);
      const orders = row(page, 'orders');
      await press(see(orders));
      const promised = await previewed(orders);
      expect(promised.length).toBeGreaterThan(0);
      expect(promised).not.toEqual(before);
      expect(await items(page), 'a preview touches nothing').toEqual(before);

      await press(toggle(orders));
      await newList(page, id);
      await expect.poll(() => items(page)).toEqual(promised);
      await expect(toggle(orders)).toHaveAttribute('aria-checked', 'false');
      await expect(orders.locator('.done')).toContainText('Saved');

      const off = await recommendation(page);
      await press(undo(orders));
      await newList(page, off);
      await expect.poll(() => items(page)).toEqual(before);
      await expect(toggle(orders)).toHaveAttribute('aria-checked', 'true');
    });

    test(`Tomek leaves the baby gift out: only what came from it goes (${way})`, async ({ page }) => {
      await visit(page, here.shop, 'tomek', '/');
      const [before, id] = [await items(page), await recommendation(page)];
      await openCard(page, press);
      await openLayer(card(page), 'sources', press);
      const gift = await giftLine(page, here.shop);
      await press(see(gift));
      const promised = await previewed(gift);
      expect(promised).not.toEqual(before);
      await press(gift.locator('.presses button').first());
      await newList(page, id);
      await expect.poll(() => items(page)).toEqual(promised);
      expect(before.some((item) => item.startsWith('5'))).toBe(true);
      expect((await items(page)).filter((item) => item.startsWith('5'))).toEqual([]);
      await expect(toggle(row(page, 'orders')), 'the source itself stays on').toHaveAttribute('aria-checked', 'true');
    });

    test(`what was left out can be taken back later, under "Your data" (${way})`, async ({ page }) => {
      await visit(page, here.shop, 'tomek', '/shop');
      await press(page.locator('a[data-candor-open="choices"]').first());
      const orders = page.locator('candor-choices li.row').filter({ has: page.getByRole('switch').first() }).first();
      const id = await recommendation(page);
      await press(orders.locator(':scope > button.quiet').first());
      await newList(page, id);
      await expect(orders.locator(':scope > button.quiet')).toHaveCount(0);
    });

    test(`the desk shows his decision in the words he saw, and the refused read (${way})`, async ({ page }) => {
      await page.goto(`${here.inside}/desk`);
      const decision = page.getByRole('article').or(page.locator('li, tr')).filter({ hasText: /recommendations\/orders|Orders|zamówie/i }).first();
      await expect(decision).toBeVisible();
      await expect(page.locator('body')).toContainText(/returns|zwrot/i);
    });

    test(`the line is cut: not sent yet; mended: saved; the chat obeys (${way})`, async ({ page }) => {
      await visit(page, here.shop, 'hanna', '/');
      await openCard(page, press);
      await openLayer(card(page), 'sources', press);
      const line = page.locator('form.line button');
      await press(line);
      await expect(line).toHaveText('Reconnect');
      if ((await card(page).count()) === 0) {
        await openCard(page, press);
        await openLayer(card(page), 'sources', press);
      }
      const orders = row(page, 'orders');
      const id = await recommendation(page);
      await press(toggle(orders));
      await expect(orders.locator('.done')).toContainText('Not sent yet');
      await expect(orders.locator('.done')).not.toContainText('Saved');
      await press(line);
      await expect(line).toHaveText('Cut the connection');
      await newList(page, id);
      if ((await card(page).count()) > 0) await expect(orders.locator('.done')).toContainText('Saved');

      await page.goto(`${here.shop}/chat`);
      await press(page.getByRole('button', { name: 'Give me an idea' }));
      const answer = page.locator('deep-chat .say').last();
      await expect(answer).toBeVisible();
      await expect(answer.locator('candor-why')).not.toContainText('orders');
    });
  });
}

/** The evidence line of the baby gift, found by its title in the shop. */
async function giftLine(page: Page, shop: string) {
  const other = await page.context().newPage();
  await other.goto(`${shop}/product/${BABY_GIFT}`);
  const title = await other.locator('h1').innerText();
  await other.close();
  return row(page, 'orders').locator('li.datum').filter({ hasText: title });
}
