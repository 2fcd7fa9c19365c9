// What the measuring scripts share: a browser, and a page with the demo in it.
import { chromium } from '@playwright/test';
import { launch } from '../house/browser.mjs';

export const open = () => chromium.launch(launch);

/** The shop's list page, with Candor's loader running and nothing else of it loaded. */
export async function visit(page, shop, persona) {
  await page.goto(`${shop}/shop?persona=${persona}`, { waitUntil: 'load' });
  await page.waitForFunction(() => customElements.get('candor-why') && !Array.isArray(window.candor));
}

/** The same with the card of its list open, down to the switches. */
export async function visitSwitches(page, shop, persona) {
  await visit(page, shop, persona);
  await page.locator('#picks h2 candor-why button').first().click();
  await page.locator('section.card[data-candor-state="ready"]').waitFor();
  const layer = page.locator('details[data-layer="sources"]').first();
  if (!(await layer.evaluate((details) => details.open))) await layer.locator('summary').first().click();
}

export const say = (answer) => console.log(JSON.stringify(answer));
