// A Chromium for the scenarios: one JSON object a line on stdin is one step, one on stdout its outcome. Started by browser.py,
// ends with stdin. Usage: node browser.mjs CONSOLE_FOLDER CHROMIUM PROFILE_FOLDER ORIGIN SPKI_SHA256_BASE64,...
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const [consoleFolder, executablePath, profile, origin, keys] = process.argv.slice(2);
const need = createRequire(join(consoleFolder, "package.json"));
const { chromium } = need("playwright-core");
const WAIT_MS = 20_000;

const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    // What Chromium keeps outside its profile stays in the scenario's folder as well.
    env: { ...process.env, HOME: profile },
    // The server's own certificate is trusted and no other; no name but this machine's is looked up.
    args: [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", `--ignore-certificate-errors-spki-list=${keys}`,
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    ],
    baseURL: origin,
    viewport: { width: 1280, height: 800 },
    colorScheme: "light",
    reducedMotion: "reduce",
    timezoneId: "UTC",
    locale: "en-GB",
});
context.setDefaultTimeout(WAIT_MS);
await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin });

/** What went wrong by itself, every address that was asked for and every answer of the server, since they were last taken. */
let problems = [];
let requests = [];
let answers = [];
const problem = (kind, text, url = "") => problems.push({ kind, text, url });

await context.exposeBinding("__cspViolation", (_, text) => problem("csp", text));
await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
        window.__cspViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
    });
});

function watch(page) {
    page.on("pageerror", (error) => problem("page error", String(error)));
    page.on("console", (message) => {
        // "[DOM]": what Chromium finds missing in a form.
        if (message.type() === "error" || message.type() === "warning" || message.text().startsWith("[DOM]"))
            problem("console " + message.type(), message.text(), message.location().url);
    });
    page.on("dialog", (dialog) => {
        problem("dialog", dialog.message());
        void dialog.dismiss();
    });
    page.on("popup", (popup) => problem("popup", popup.url()));
    page.on("download", (download) => problem("download", download.suggestedFilename()));
}
context.on("request", (request) => {
    requests.push(request.url());
    if (!request.url().startsWith(origin + "/") && !/^(data|blob|about):/.test(request.url()))
        problem("foreign request", request.url());
});

context.on("response", async (response) => {
    const request = response.request();
    if (!response.url().startsWith(origin + "/")) return;
    const one = { method: request.method(), url: response.url(), status: response.status(), cookie: false };
    answers.push(one);
    one.cookie = "cookie" in (await request.allHeaders().catch(() => ({})));
});

const page = context.pages()[0] ?? (await context.newPage());
watch(page);
const devtools = await context.newCDPSession(page);
let receivedBytes = 0;
devtools.on("Network.loadingFinished", ({ encodedDataLength }) => { receivedBytes += encodedDataLength; });
await devtools.send("Network.enable");

/** An element from its description; see browser.py. */
function locate(at, from = page) {
    const within = at.within ? locate(at.within, from) : from;
    let found;
    if (at.role) found = within.getByRole(at.role, { name: at.name, exact: at.exact, ...at.options });
    else if (at.label) found = within.getByLabel(at.label, { exact: at.exact });
    else if (at.text) found = within.getByText(at.text, { exact: at.exact });
    else found = within.locator(at.css);
    if (at.has) found = found.filter({ hasText: at.has });
    return at.nth === undefined ? found : found.nth(at.nth);
}

/** The page has drawn itself anew. */
const drawn = () => page.evaluate("new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))");

/** Held or answered calls of the API by pattern; what is held goes on when it is let go. */
const held = [];
const steps = {
    goto: async ({ path }) => { await page.goto(path); },
    reload: async () => { await page.reload(); },
    address: () => page.url(),
    title: () => page.title(),
    click: async ({ at, ...options }) => { await locate(at).click(options); },
    fill: async ({ at, text }) => { await locate(at).fill(text); },
    press: async ({ keys }) => { for (const key of keys) await page.keyboard.press(key); },
    type: async ({ text }) => { await page.keyboard.type(text); },
    see: async ({ at, state = "visible", timeout }) => { await locate(at).first().waitFor({ state, timeout }); },
    count: ({ at }) => locate(at).count(),
    text: ({ at }) => locate(at).innerText(),
    texts: ({ at }) => locate(at).allInnerTexts(),
    value: ({ at }) => locate(at).inputValue(),
    attribute: ({ at, name }) => locate(at).getAttribute(name),
    evaluate: ({ code, argument }) => page.evaluate(`(${code})(${JSON.stringify(argument ?? null)})`),
    /** Playwright's own waiting would evaluate text in the page, which the server's policy forbids. */
    until: async ({ code, argument, timeout }) => {
        const end = Date.now() + timeout;
        const ask = () => page.evaluate(`(${code})(${JSON.stringify(argument ?? null)})`);
        for (;;) {
            // A page that is being left has no answer.
            if (await ask().catch((error) => Date.now() >= end && Promise.reject(error))) return;
            if (Date.now() >= end) throw new Error(`not within ${timeout} ms`);
            await new Promise((resolve) => { setTimeout(resolve, 20); });
        }
    },
    clipboard: () => page.evaluate("navigator.clipboard.readText()"),
    shot: async ({ path, whole = false }) => { await page.screenshot({ path, fullPage: whole }); },
    window: async ({ width, height }) => {
        await page.setViewportSize({ width, height });
        await drawn();
    },
    /** Ends when the page has taken it over and has drawn itself anew. */
    scheme: async ({ name }) => {
        await page.emulateMedia({ colorScheme: name });
        await steps.until({
            code: "(name) => document.documentElement.dataset.mantineColorScheme === name", argument: name, timeout: WAIT_MS,
        });
        await drawn();
    },
    cookies: () => context.cookies(),
    forget: async () => { await context.clearCookies(); },
    /** Answer calls whose path begins so: "hold", or {status, body}. */
    answer: async ({ path, how }) => {
        await page.route(
            (url) => url.pathname.startsWith(path) && !/\/(session|stream)$/.test(url.pathname),
            async (route) => {
                if (how === "hold") await new Promise((resolve) => { held.push(resolve); });
                if (how === "hold") await route.fallback().catch(() => undefined);
                else
                    await route.fulfill({
                        status: how.status,
                        contentType: how.status < 400 ? "application/json" : "application/problem+json",
                        body: JSON.stringify(how.body),
                    });
            },
        );
    },
    answer_no_more: async () => {
        for (const go of held.splice(0)) go();
        await page.unrouteAll({ behavior: "ignoreErrors" });
    },
    axe: async ({ tags }) => {
        await page.evaluate(readFileSync(need.resolve("axe-core/axe.min.js"), "utf8"));
        const { violations } = await page.evaluate(
            `axe.run(document, { runOnly: { type: "tag", values: ${JSON.stringify(tags)} }, resultTypes: ["violations"] })`,
        );
        return violations.map(({ id, help, nodes }) => ({
            id,
            help,
            nodes: nodes.map((node) => `${node.target.join(" ")}: ${node.failureSummary ?? ""} ${node.html.slice(0, 300)}`),
        }));
    },
    problems: () => {
        const taken = problems;
        problems = [];
        return taken;
    },
    requests: () => {
        const taken = requests;
        requests = [];
        return taken;
    },
    answers: () => {
        const taken = answers;
        answers = [];
        return taken;
    },
    received_bytes: () => receivedBytes,
};

process.stdout.write(JSON.stringify({ ready: true }) + "\n");
for await (const line of createInterface({ input: process.stdin })) {
    const { step, ...given } = JSON.parse(line);
    let outcome;
    try {
        outcome = { value: (await steps[step](given)) ?? null };
    } catch (error) {
        outcome = { error: String(error.message ?? error) };
    }
    process.stdout.write(JSON.stringify(outcome) + "\n");
}
await context.close();
