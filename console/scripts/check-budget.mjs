// Measure dist: what the first page loads (index.html, its scripts, what they import at once, its styles), gzip level 9, and
// each lazily loaded chunk. Also fails when index.html has an inline script or style, which the server's policy blocks.
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const FIRST_LOAD_KIB = 300;
const LAZY_KIB = 60;
const dist = new URL("../dist/", import.meta.url);
const read = (name) => readFileSync(new URL(name, dist));
const kib = (bytes) => bytes / 1024;
const gzip = (name) => kib(gzipSync(read(name), { level: 9 }).length);

const html = read("index.html").toString();
const problems = [];
if (/<script(?![^>]*\ssrc=)/.test(html) || /<style|\sstyle=|\son\w+=/.test(html))
    problems.push("index.html has an inline script or style");
if (!html.includes("CORDON-NONCE-PLACEHOLDER-0000000")) problems.push("index.html lacks the place of the nonce");

const first = new Set();
const visit = (name) => {
    if (first.has(name)) return;
    first.add(name);
    if (!name.endsWith(".js")) return;
    // Static imports of a chunk: import ... from "./x.js" and import "./x.js", never import("./x.js").
    for (const found of read(name).toString().matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)) visit("assets/" + found[1]);
};
for (const found of html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.(?:js|css))"/g)) visit(found[1]);

const total = [...first, "index.html"].reduce((sum, name) => sum + gzip(name), 0);
console.log(`first load ${total.toFixed(1)} KiB gzip in ${first.size + 1} files (at most ${FIRST_LOAD_KIB})`);
if (total > FIRST_LOAD_KIB) problems.push(`first load ${total.toFixed(1)} KiB`);
for (const file of readdirSync(new URL("assets/", dist))) {
    const name = "assets/" + file;
    if (first.has(name) || !/\.(js|css)$/.test(file)) continue;
    const size = gzip(name);
    console.log(`${size.toFixed(1).padStart(10)} KiB ${file}`);
    if (size > LAZY_KIB) problems.push(`${file}: ${size.toFixed(1)} KiB, at most ${LAZY_KIB}`);
}
for (const problem of problems) console.error(problem);
process.exit(problems.length > 0 ? 1 : 0);
