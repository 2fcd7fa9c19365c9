// The chat on the real deep-chat: it asks for permission in the message, and obeys.
import { expect, test } from '@playwright/test';
import { demo } from '../house/demo';
import { visit } from '../house/shop';

const here = demo();

test('the assistant says it is scripted, answers with a chip, and its card opens in the message', async ({ page }) => {
  await visit(page, here.shop, 'hanna', '/chat');
  await expect(page.locator('h1')).toContainText('scripted');
  await page.getByRole('button', { name: 'Give me an idea' }).click();
  const answer = page.locator('deep-chat .say').last();
  await expect(answer.locator('candor-why')).toHaveAttribute('kind', 'personal');
  await answer.locator('candor-why').getByRole('button').first().click();
  await expect(answer.locator('candor-why section.card')).toHaveAttribute('data-candor-state', 'ready');
  await expect(answer.locator('candor-why .reason').first()).toHaveText(/^Because/);
});

test('a "No" in the chat ends the asking everywhere on this device', async ({ page }) => {
  await visit(page, here.shop, 'nora', '/chat');
  await page.getByRole('button', { name: 'Give me an idea' }).click();
  const ask = page.locator('deep-chat candor-ask').last();
  await expect(ask.locator('.equals button')).toHaveCount(2);
  const sizes = await ask.locator('.equals button').evaluateAll((all) => all.map((button) => button.getBoundingClientRect().width));
  expect(Math.abs((sizes[0] ?? 0) - (sizes[1] ?? 1)), 'equal buttons').toBeLessThan(1);
  await ask.getByRole('button', { name: 'No, keep these' }).click();
  await visit(page, here.shop, 'nora', '/shop');
  await page.waitForTimeout(1000);
  await expect(page.locator('candor-ask .equals button')).toHaveCount(0);
  await expect(page.locator('#picks h2 candor-why')).not.toHaveAttribute('kind', 'personal');
  // Nor in the next conversation, where the shop has long said who is signed in: nobody.
  await visit(page, here.shop, 'nora', '/chat');
  await page.getByRole('button', { name: 'Give me an idea' }).click();
  await expect(page.locator('deep-chat .say').last()).toBeVisible();
  await page.waitForTimeout(1000);
  await expect(page.locator('deep-chat candor-ask').filter({ visible: true })).toHaveCount(0);
});
