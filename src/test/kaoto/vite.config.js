import { defineConfig } from 'vite';

export default defineConfig({
  base: './',
  // Kaoto's styles import packages as webpack does: ~package
  resolve: { alias: [{ find: /^~(?=@)/, replacement: '' }] },
  // of the catalog, for VS Code
  preview: { cors: true },
  build: { chunkSizeWarningLimit: 1e5, minify: false },
});
