import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// The Python server answers /agent and /supervisor with these pages; the development server does the same.
const pages: Plugin = {
  name: "promiseline-pages",
  configureServer(server) {
    server.middlewares.use((request, _response, next) => {
      request.url = request.url?.replace(/^\/(agent|supervisor)(?=[?#]|$)/, "/$1.html");
      next();
    });
  },
};

const backend = process.env.PROMISELINE_URL ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [pages],
  server: {
    host: "127.0.0.1",
    port: 5173,
    proxy: { "/api": backend, "/live": { target: backend, ws: true } },
  },
  build: {
    outDir: here("../static"),
    emptyOutDir: true,
    manifest: "manifest.json",
    target: ["chrome123", "firefox128", "safari17.5"],
    assetsInlineLimit: 0, // data: fonts and scripts are refused by the content security policy
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { login: here("index.html"), agent: here("agent.html"), supervisor: here("supervisor.html") },
    },
  },
  test: {
    environment: "happy-dom",
    include: ["tests/**/*.test.{ts,tsx}"],
    setupFiles: ["tests/setup.ts"],
    restoreMocks: true,
  },
} as Parameters<typeof defineConfig>[0] & { test: unknown });
