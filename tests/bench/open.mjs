// Chip pressed → card painted, on a slowed processor and line.
// Cold: a browser that has the page and nothing of the card. Warm: the card was open before.
import { open, say, visit } from './browser.mjs';

const [shop] = process.argv.slice(2);
const ROUNDS = 7;
const browser = await open();
const cold = [];
const warm = [];

for (let round = 0; round < ROUNDS; round++) {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, locale: 'en-GB' });
  const page = await context.newPage();
  await visit(page, shop, 'hanna');
  await page.waitForLoadState('networkidle').catch(() => {});
  const cdp = await context.newCDPSession(page);
  await cdp.send('Network.enable');
  await cdp.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 150,
    downloadThroughput: 1_600_000 / 8,
    uploadThroughput: 1_600_000 / 8,
  });
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  cold.push(await pressed(page));
  for (let again = 0; again < 3; again++) {
    await page.evaluate(() => window.candor.close());
    await page.waitForTimeout(300);
    warm.push(await pressed(page));
  }
  await context.close();
}
await browser.close();
say({ cold, warm });

/** From the press, which nothing announced, to the frame after the one that drew the card's sentence. */
function pressed(page) {
  return page.evaluate(() => {
    const host = document.querySelector('#picks h2 candor-why');
    const drawn = () => {
      const card = host.shadowRoot.querySelector('section.card[data-candor-state="ready"]');
      return card && card.querySelector('.reason')?.textContent && card.getBoundingClientRect().height > 0;
    };
    return new Promise((resolve, reject) => {
      const began = performance.now();
      const look = () => {
        if (performance.now() - began > 20_000) reject(new Error('no card after 20 s'));
        // Once drawn, the next frame's callback runs after this one was painted.
        else if (drawn()) requestAnimationFrame(() => resolve(performance.now() - began));
        else requestAnimationFrame(look);
      };
      host.shadowRoot.querySelector('button').click();
      requestAnimationFrame(look);
    });
  });
}
