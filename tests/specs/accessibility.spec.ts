// axe finds nothing in every state, light and dark.
import AxeBuilder from '@axe-core/playwright';
import { type Page, expect, test } from '@playwright/test';
import { demo } from '../house/demo';
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
