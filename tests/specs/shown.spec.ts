// What is open stays what it is while the page moves it, closes it or listens to it; and what is off here is off before
// it was sent.
import { type Page, expect, test } from '@playwright/test';
import { demo } from '../house/demo';
import { allowed, anonymous, choices, quietly } from '../house/person';
import { card, chip, openCard, visit } from '../house/shop';

const here = demo();
const why = (page: Page) => page.locator('#picks h2 candor-why').first();

for (const how of ['the attribute `open`', 'candor.open()'])
  test(`a card is opened by ${how} where there is no WebAssembly: the page stays where it is, and a press follows the link`, async ({ page }) => {
    await page.addInitScript(() => delete (window as any).WebAssembly);
    await visit(page, here.shop, 'hanna');
    const at = page.url();
    await why(page).evaluate((element, attribute) => {
      if (attribute) element.setAttribute('open', '');
      else (window as any).candor.open('why', element.getAttribute('recommendation'));
    }, how.includes('attribute'));
    await expect(why(page)).toHaveAttribute('data-state', 'fallback');
    await page.waitForTimeout(1_000);
    expect(page.url()).toBe(at);
    await why(page).locator('a').click();
    await expect(page).toHaveURL(/\/why\//);
  });

test('an element is moved while its card is open: the card is there, and the next Escape closes it', async ({ page }) => {
  await visit(page, here.shop, 'hanna');
  await openCard(page);
  await why(page).evaluate((element) => element.parentElement!.prepend(element));
  await expect(card(page)).toBeVisible();
  expect(await card(page).evaluate((section) => section.closest('dialog')!.matches(':popover-open,:modal'))).toBe(true);
  await page.keyboard.press('Escape');
  await expect(card(page)).toBeHidden();
  await expect(chip(page)).toHaveAttribute('aria-expanded', 'false');
});

test('choices that stand open in the page are taken out and put back: they are open again', async ({ page }) => {
  await visit(page, here.shop, 'hanna');
  await page.evaluate(() => {
    const panel = Object.assign(document.createElement('candor-choices'), { id: 'own' });
    panel.setAttribute('open', '');
    document.querySelector('#picks')!.before(panel);
  });
  const own = page.locator('#own section.panel');
  await expect(own).toBeVisible();
  await page.evaluate(async () => {
    const panel = document.getElementById('own')!;
    panel.remove();
    await new Promise((go) => setTimeout(go, 100));
    document.querySelector('#picks')!.before(panel);
  });
  await expect(own).toBeVisible();
});

test('a card that was closed by Escape stays closed when the Wasm stops, and only what is open is drawn again', async ({ page }) => {
  await visit(page, here.shop, 'hanna');
  await openCard(page);
  await page.keyboard.press('Escape');
  await expect(card(page)).toBeHidden();
  // As when a trap is told: whatever is open is closed through the same list.
  const closed = await page.evaluate(() => {
    let calls = 0;
    const element = document.querySelector('#picks h2 candor-why') as HTMLElement & { close(): void };
    const close = element.close.bind(element);
    element.close = () => (calls++, close());
    (window as any).candor.close();
    return calls;
  });
  expect(closed).toBe(0);
});

test('who begins to listen while a word is told hears that word once', async ({ page }) => {
  await quietly(page);
  await visit(page, here.shop, 'nora');
  await page.evaluate(() => {
    (window as any).heard = [];
    document.addEventListener('candor:choice', () => (window as any).candor.on('choice', (detail: any) => (window as any).heard.push(detail.choice)), { once: true });
  });
  const basket = await choices(page);
  await basket.getByRole('switch').click();
  await expect(basket.locator('.done')).toContainText('Saved');
  expect(await page.evaluate(() => (window as any).heard)).toEqual(['granted']);
});

test('the consent tool says no while the service cannot be reached: nothing is allowed from that moment on', async ({ page }) => {
  await anonymous(page, here.shop);
  await page.addInitScript(() => ((window as any).Cookiebot = { hasResponse: true, consent: { preferences: true, marketing: true, statistics: true } }));
  // What hears the tool is fetched a second after the page is there.
  const hears = page.waitForResponse('**/signals-*.js');
  await visit(page, here.shop, 'nora');
  const basket = await choices(page);
  await expect(basket.getByRole('switch')).toHaveAttribute('aria-checked', 'true');
  expect(await allowed(page)).toBe(true);
  await (await hears).finished();
  await page.waitForTimeout(200);
  await page.route('**/v1/choices', (route) => route.abort());
  await page.route('**/v1/decisions', (route) => route.abort());
  await page.evaluate(() => {
    (window as any).Cookiebot.consent = { preferences: false, marketing: false, statistics: false };
    // Another script of the page hears it after ours, in the same turn.
    for (const name of ['CookiebotOnDecline', 'CookiebotOnAccept', 'CookiebotOnConsentReady']) {
      addEventListener(name, () => ((window as any).then = (window as any).candor.allowed('recommendations', 'basket')));
      dispatchEvent(new Event(name));
    }
  });
  expect(await page.evaluate(() => (window as any).then)).toBe(false);
  expect(await allowed(page)).toBe(false);
  await expect(basket.getByRole('switch')).toHaveAttribute('aria-checked', 'false');
});

test('what was refused by nobody is never on at sign-in, though it is on in the account', async ({ page }) => {
  await quietly(page);
  const basketOf = () => page.locator('candor-choices li.row').filter({ has: page.getByRole('switch', { name: 'Your basket' }) });
  await visit(page, here.shop, 'hanna');
  const hers = await choices(page);
  await page.waitForTimeout(1_000);
  if ((await hers.getByRole('switch').getAttribute('aria-checked')) !== 'true') {
    await hers.getByRole('switch').click();
    await expect(hers.locator('.done')).toContainText('Saved');
  }
  await page.evaluate(() => (window as any).candor.forget());
  await visit(page, here.shop, 'nora');
  await page.locator('candor-ask').getByRole('button', { name: 'No, keep these' }).click();
  await expect.poll(() => page.evaluate(() => localStorage.getItem('candor:pk_demo:refused'))).toContain('recommendations/basket');
  await page.addInitScript(() => {
    (window as any).acted = [];
    for (const name of ['choice', 'saved']) document.addEventListener('candor:' + name, () => (window as any).acted.push((window as any).candor.allowed('recommendations', 'basket')));
  });
  await visit(page, here.shop, 'hanna');
  await choices(page);
  await expect(basketOf().getByRole('switch')).toHaveAttribute('aria-checked', 'false');
  await page.waitForTimeout(2_000);
  const acted = await page.evaluate(() => (window as any).acted);
  expect(acted.length).toBeGreaterThan(0);
  expect(acted).not.toContain(true);
  await expect(basketOf().getByRole('switch')).toHaveAttribute('aria-checked', 'false');
});
