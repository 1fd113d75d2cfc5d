import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [react(), tailwindcss()],
  server: {
    // `segue serve` beside it. Its own `Host` and `Origin` are kept, so that cookies and object URLs are as in production.
    proxy: { '/api': { target: process.env.SEGUE_DEV_SERVER ?? 'http://127.0.0.1:8080', changeOrigin: false } },
  },
  test: { include: ['src/**/*.test.{ts,tsx}'], environment: 'jsdom', restoreMocks: true },
});
