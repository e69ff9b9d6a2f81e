"use strict";
// Opens pages in a headless Chromium at the widths of a phone and of paper, and has axe judge them.
// Arguments: a folder of npm packages (playwright-core, @sparticuz/chromium, axe-core), then the pages.
const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { join } = require("node:path");
const [modules, ...pages] = process.argv.slice(2);
const load = createRequire(join(modules, "x.cjs"));
const unpacked = load("@sparticuz/chromium");
const { chromium } = load("playwright-core");
const axe = readFileSync(load.resolve("axe-core/axe.min.js"), "utf8");
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];

(async () => {
  const executablePath = await (unpacked.default || unpacked).executablePath();
  const browser = await chromium.launch({ executablePath, headless: true, args: [...flags, "--disable-component-update", "--disable-sync"] });
  const seen = [];
  for (const page of pages) {
    for (const [medium, width] of [["screen", 320], ["screen", 1100], ["print", 680]]) {
      const tab = await browser.newPage({ viewport: { width, height: 900 } });
      const complaints = [];
      const requests = [];
      tab.on("console", (message) => complaints.push(message.text()));
      tab.on("pageerror", (error) => complaints.push(error.message));
      tab.on("request", (request) => requests.push(request.url()));
      await tab.emulateMedia({ media: medium });
      await tab.goto("file://" + page);
      const facts = await tab.evaluate(() => ({
        overflow: document.documentElement.scrollWidth - innerWidth,
        buttons: [...document.querySelectorAll("button")].filter((button) => button.offsetWidth > 0).length,
        values: document.querySelectorAll(".copy code").length,
      }));
      await tab.evaluate(axe + ";undefined");
      const violations = await tab.evaluate(async () =>
        (await window.axe.run()).violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes.map((node) => node.html).slice(0, 3) })));
      seen.push({ page, medium, width, complaints, requests, violations, ...facts });
      await tab.close();
    }
  }
  await browser.close();
  process.stdout.write(JSON.stringify(seen));
})().catch((error) => {
  process.stderr.write(String(error.stack || error));
  process.exitCode = 1;
});
