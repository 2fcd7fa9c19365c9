// The whole system in a real browser: each file of specs/ starts a demo of its own.
import { defineConfig } from '@playwright/test';
import { browser } from './house/browser.mjs';

export default defineConfig({
  testDir: 'specs',
  outputDir: 'results',
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  forbidOnly: !!process.env.CI,
  reporter: [['list']],
  use: {
    ...browser,
    viewport: { width: 1440, height: 1000 },
    locale: 'en-GB',
    timezoneId: 'Europe/London',
    reducedMotion: 'reduce',
    trace: 'off',
  } as object,
});
