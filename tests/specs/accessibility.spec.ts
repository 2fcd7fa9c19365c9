// axe finds nothing in every state, light and dark; and a page's own text and sizes spoil nothing.
import AxeBuilder from '@axe-core/playwright';
import { type Page, expect, test } from '@playwright/test';
import { demo } from '../house/demo';
import { openCard, openLayer, visit } from '../house/shop';
import { states } from '../house/states';

const here = demo();

async function clean(page: Page, name: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const told = violations.map(({ id, nodes }) => `${name}: ${id}: ${nodes.map((node) => `${node.target.join(' ')} (${node.any.concat(node.all, node.none).map((check) => check.message).join('; ')})`).join(' | ')}`);
  expect(told).toEqual([]);
}

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });
    for (const state of states) {
      test(`axe finds nothing: ${state.name}, ${colorScheme}`, async ({ page }) => {
        await state.show(page, here);
        await clean(page, state.name);
      });
    }
  });
}

test('in a heading that is huge, bold and slanted, on a page that shrinks its root: the text is the card’s own, and every press is 24 px', async ({ page }) => {
  await visit(page, here.shop, 'hanna');
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('html{font-size:62.5%}#picks h2{font:italic 900 40px/3 serif}');
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  });
  const open = await openCard(page);
  const font = await open.evaluate((element) => {
    const { fontSize, fontWeight, fontStyle, lineHeight } = getComputedStyle(element);
    return [fontSize, fontWeight, fontStyle, lineHeight];
  });
  expect(font).toEqual(['15px', '400', 'normal', '22.5px']);
  await openLayer(open, 'sources');
  for (const press of await open.getByRole('switch').or(open.locator('button.quiet')).all()) {
    const box = await press.boundingBox();
    expect(Math.round(box?.height ?? 0)).toBeGreaterThanOrEqual(24);
    expect(Math.round(box?.width ?? 0)).toBeGreaterThanOrEqual(24);
  }
});
