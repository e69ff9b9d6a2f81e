"use strict";
// Opens pages on a screen of 1280 by 800 and says which texts of findings are to be seen without scrolling.
// Arguments: a folder of npm packages (playwright-core, @sparticuz/chromium), then the pages.
const { createRequire } = require("node:module");
const { join } = require("node:path");
const [modules, ...pages] = process.argv.slice(2);
const load = createRequire(join(modules, "x.cjs"));
const unpacked = load("@sparticuz/chromium");
const { chromium } = load("playwright-core");
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];

(async () => {
  const executablePath = await (unpacked.default || unpacked).executablePath();
  const browser = await chromium.launch({ executablePath, headless: true, args: [...flags, "--disable-component-update", "--disable-sync"] });
  const seen = [];
  for (const page of pages) {
    const tab = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await tab.goto("file://" + page);
    seen.push(await tab.evaluate(() => {
      const inside = (element) => {
        const box = element.getBoundingClientRect();
        return box.height > 0 && box.top >= 0 && box.bottom <= innerHeight;
      };
      const red = (element) => {
        const [r, g, b] = getComputedStyle(element).borderLeftColor.match(/\d+/g).map(Number);
        return r > 120 && g < 60 && b < 60;
      };
      const findings = [...document.querySelectorAll("li.refused, li.danger")];
      return {
        badge: document.querySelector(".badge").textContent,
        all: findings.length,
        red: findings.filter((one) => inside(one) && red(one)).map((one) => one.innerText),
      };
    }));
    await tab.close();
  }
  await browser.close();
  process.stdout.write(JSON.stringify(seen));
})().catch((error) => {
  process.stderr.write(String(error.stack || error));
  process.exitCode = 1;
});
