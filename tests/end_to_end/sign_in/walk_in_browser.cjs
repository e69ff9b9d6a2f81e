"use strict";
// Walks from a start address to where the redirects and self-posting forms lead, in a headless Chromium.
// Argument: a folder of npm packages. Standard input: JSON, a list of {start, cookie}.
// Standard output: JSON, for each the last address, what its page says by id, and from where forms were posted.
const { createRequire } = require("node:module");
const { join } = require("node:path");
const { readFileSync } = require("node:fs");
const load = createRequire(join(process.argv[2], "x.cjs"));
const unpacked = load("@sparticuz/chromium");
const { chromium } = load("playwright-core");
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
const LANDED = "#username, #error, #login, #session_name, #saml_form";

async function walk(browser, { start, cookie }) {
  const context = await browser.newContext();
  if (cookie) await context.addCookies([{ ...cookie, url: start }]);
  const tab = await context.newPage();
  const posted = [];
  tab.on("request", (request) => {
    if (request.method() === "POST" && request.isNavigationRequest()) posted.push(request.headers().referer || request.frame().url());
  });
  await tab.goto(start, { timeout: 60000 });
  await tab.waitForSelector(LANDED, { timeout: 60000 });
  const says = await tab.evaluate(() => Object.fromEntries([...document.querySelectorAll("[id]")].map((one) => [one.id, one.textContent])));
  const seen = { url: tab.url(), says, posted_from: posted };
  await context.close();
  return seen;
}

(async () => {
  const executablePath = await (unpacked.default || unpacked).executablePath();
  const browser = await chromium.launch({ executablePath, headless: true, timeout: 120000, args: [...flags, "--disable-component-update", "--disable-sync"] });
  const seen = [];
  for (const one of JSON.parse(readFileSync(0, "utf8"))) seen.push(await walk(browser, one));
  await browser.close();
  process.stdout.write(JSON.stringify(seen));
})().catch((error) => {
  process.stderr.write(String(error.stack || error));
  process.exitCode = 1;
});
