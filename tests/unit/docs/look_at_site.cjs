"use strict";
// Opens pages of the documentation site as files, at the widths of a phone and of a screen; searches on the first.
// Arguments: a folder of npm packages (playwright-core, @sparticuz/chromium), then the pages.
const { createRequire } = require("node:module");
const { join } = require("node:path");
const [modules, ...pages] = process.argv.slice(2);
const load = createRequire(join(modules, "x.cjs"));
const unpacked = load("@sparticuz/chromium");
const { chromium } = load("playwright-core");
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];

async function search(tab) {
  await tab.click("input[name=query]");
  await tab.type("input[name=query]", "requests_per_second");
  await tab.waitForSelector(".md-search-result__item", { timeout: 60000 });
  return tab.evaluate(() => document.querySelector(".md-search-result__list").innerText);
}

(async () => {
  const executablePath = await (unpacked.default || unpacked).executablePath();
  const browser = await chromium.launch({ executablePath, headless: true, args: [...flags, "--disable-component-update", "--disable-sync"] });
  const seen = [];
  for (const page of pages) {
    for (const width of [390, 1280]) {
      const tab = await browser.newPage({ viewport: { width, height: 900 } });
      const complaints = [];
      const elsewhere = [];
      tab.on("console", (message) => complaints.push(message.text()));
      tab.on("pageerror", (error) => complaints.push(error.message));
      tab.on("request", (request) => /^(file|data|blob):/.test(request.url()) || elsewhere.push(request.url()));
      await tab.goto("file://" + page, { waitUntil: "load" });
      // The theme replaces each pre by a div when it has drawn the diagram.
      await tab.waitForFunction(() => !document.querySelector("pre.mermaid"), null, { timeout: 60000 });
      seen.push({
        page,
        width,
        complaints,
        elsewhere,
        found: page === pages[0] && width > 1000 ? await search(tab) : "",
        ...(await tab.evaluate(() => {
          const article = document.querySelector("article.md-content__inner");
          const count = (selector) => article.querySelectorAll(selector).length;
          return {
            overflow: document.documentElement.scrollWidth - innerWidth,
            diagrams: [...article.querySelectorAll("div.mermaid")].map((diagram) => diagram.offsetHeight),
            counts: { items: count("li"), blocks: count("pre > code"), tables: count("table"), rows: count("tr"), headings: count("h1, h2, h3") },
          };
        })),
      });
      await tab.close();
    }
  }
  await browser.close();
  process.stdout.write(JSON.stringify(seen));
})().catch((error) => {
  process.stderr.write(String(error.stack || error));
  process.exitCode = 1;
});
