// Every package in the lock file has a licence that the product may ship or build with, and the lock file names no host
// that packages are downloaded from. Prints one line per violation, exits 1 on any.
import { readFileSync } from "node:fs";

const allowed = new Set([
    "0BSD", "Apache-2.0", "BlueOak-1.0.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0", "Python-2.0",
    "Unlicense",
]);
// Read or run while building, never part of what is shipped.
const allowedForBuilding = new Set([...allowed, "CC-BY-4.0", "MPL-2.0"]);

const lock = JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8"));
const problems = [];
let count = 0;
for (const [path, entry] of Object.entries(lock.packages)) {
    if (path === "") continue;
    count += 1;
    const ok = entry.dev || entry.devOptional ? allowedForBuilding : allowed;
    // "(MIT OR GPL-3.0)": one that is allowed is enough; "A AND B" needs both.
    const terms = String(entry.license ?? "none").replace(/[()]/g, "");
    const fits = terms.split(" OR ").some((choice) => choice.split(" AND ").every((one) => ok.has(one.trim())));
    if (!fits) problems.push(`${path}: licence ${terms}`);
    if (entry.resolved) problems.push(`${path}: the lock file names where it was downloaded from`);
}
const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }))
    if (!/^\d+\.\d+\.\d+$/.test(version)) problems.push(`package.json: ${name} ${version} is not one exact version`);
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`licences: ${count} packages`);
