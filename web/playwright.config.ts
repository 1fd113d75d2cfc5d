import { defineConfig, devices } from '@playwright/test';

export default defineConfig({
  testDir: 'e2e',
  testMatch: process.env.SEGUE_SCREENS ? 'screens.ts' : '*.spec.ts',
  globalSetup: './e2e/setup.ts',
  outputDir: '../target/e2e',
  fullyParallel: true,
  workers: 2,
  forbidOnly: true,
  // Nothing takes that long on a machine that is not busy; what is right need not fail on one that is.
  timeout: 180_000,
  expect: { timeout: 30_000 },
  reporter: 'list',
  use: {
    ...devices['Desktop Chrome'],
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env.SEGUE_CHROMIUM ?? '/usr/bin/chromium',
      args: [
        // As root there is no other way.
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
