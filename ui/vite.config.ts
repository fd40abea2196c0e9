import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** The server that `npm run dev` passes API calls to. */
const server = process.env.SPANGLASS_URL ?? "http://127.0.0.1:4318";

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "../src/spanglass_server/web/static",
    emptyOutDir: true,
    rolldownOptions: { input: ["index.html", "api-docs.html"] },
    target: "es2022",
    // Inlined files would be data: URLs, which the content security policy refuses for scripts and fonts.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1800,
  },
  server: { proxy: { "/api": server, "/prometheus": server } },
  test: { environment: "node", include: ["src/**/*.test.ts", "src/**/*.test.tsx"] },
});
