// Switch pressed → the list that the shop serves then is painted.
import { open, say, visitSwitches } from './browser.mjs';

const [shop] = process.argv.slice(2);
const ROUNDS = 24;
const browser = await open();
const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, locale: 'en-GB' });
const page = await context.newPage();
await visitSwitches(page, shop, 'hanna');

const times = [];
for (let round = 0; round < ROUNDS + 2; round++) {
  const time = await page.evaluate(() => {
    const list = document.querySelector('#picks');
    const find = () => {
      const root = document.querySelector('#picks h2 candor-why').shadowRoot;
      return root.getElementById('candor-recommendations/orders').closest('li').querySelector('button[role=switch]');
    };
    const before = list.dataset.recommendation;
    return new Promise((resolve, reject) => {
      const began = performance.now();
      const late = setTimeout(() => reject(new Error('no new list after 10 s')), 10_000);
      const watch = new MutationObserver(() => {
        if (list.dataset.recommendation === before) return;
        watch.disconnect();
        clearTimeout(late);
        requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - began)));
      });
      watch.observe(list, { subtree: true, childList: true, attributes: true });
      find().click();
    });
  });
  // The first two warm up the service and the shop.
  if (round >= 2) times.push(time);
  await page.waitForTimeout(400);
}
await browser.close();
say({ times });
