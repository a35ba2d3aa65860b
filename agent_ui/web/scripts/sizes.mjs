// Prints what each page loads before it is usable (gzip), from Vite's manifest, and fails when a page is over its budget.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const out = new URL("../../static/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL("manifest.json", out), "utf8"));
const budgets = { "index.html": 60, "agent.html": 120, "supervisor.html": 120 };
const gz = (file) => gzipSync(readFileSync(new URL(file, out))).length;

function collect(key, js, css) {
  const entry = manifest[key];
  if (js.has(entry.file)) return;
  js.add(entry.file);
  for (const file of entry.css ?? []) css.add(file);
  for (const next of entry.imports ?? []) collect(next, js, css);
}

let over = false;
for (const [page, budget] of Object.entries(budgets)) {
  const js = new Set();
  const css = new Set();
  collect(page, js, css);
  const sum = (files) => [...files].reduce((total, file) => total + gz(file), 0) / 1024;
  const total = sum(js) + sum(css);
  over ||= total > budget;
  const kb = (n) => `${n.toFixed(1)} KB`.padStart(9);
  console.log(
    `${page.padEnd(16)} js ${kb(sum(js))}  css ${kb(sum(css))}  total ${kb(total)} gzip (budget ${budget} KB)`,
  );
}
if (over) {
  console.error(
    "A page is over its budget: look for an import that should be lazy, or raise the budget in scripts/sizes.mjs.",
  );
  process.exit(1);
}
