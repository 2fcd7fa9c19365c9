// A picture of every state, into screenshots/: to be looked at, not compared.
import { test } from '@playwright/test';
import { demo } from '../house/demo';
import { states } from '../house/states';

const here = demo();

const looks = {
  desktop: { viewport: { width: 1440, height: 1000 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, deviceScaleFactor: 2 },
  dark: { viewport: { width: 1440, height: 1000 }, colorScheme: 'dark' },
} as const;

for (const [look, use] of Object.entries(looks)) {
  test.describe(look, () => {
    test.use(use);
    for (const state of states) {
      test(`picture of ${state.name}, ${look}`, async ({ page }) => {
        await state.show(page, here);
        await page.waitForTimeout(250);
        await page.screenshot({ path: `screenshots/${state.name}-${look}.png` });
      });
    }
  });
}

for (const lang of ['pl', 'fr']) {
  test(`picture of the card and the choices as pages, ${lang}`, async ({ page }) => {
    await page.goto(`${here.shop}/shop?persona=hanna`);
    const href = await page.locator('#picks h2 candor-why a').getAttribute('href');
    await page.goto(`${here.shop}${href?.replace(/lang=\w+/, `lang=${lang}`)}`);
    await page.screenshot({ path: `screenshots/page-why-${lang}.png`, fullPage: true });
    await page.goto(`${here.shop}/candor/choices?site=pk_demo&lang=${lang}`);
    await page.screenshot({ path: `screenshots/page-choices-${lang}.png`, fullPage: true });
  });
}
