// Write src/api/schema.ts from the server's own description of its routes; --check only says whether it is current.
// Usage: node scripts/make-api.mjs [--check]
import { readFileSync, writeFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";

const source = new URL("../../src/schema/openapi.yaml", import.meta.url);
const target = new URL("../src/api/schema.ts", import.meta.url);
const head = "// Made by `npm run api` from src/schema/openapi.yaml; not edited by hand.\n";

const text = head + astToString(await openapiTS(source, { alphabetize: false }));
if (!process.argv.includes("--check")) {
    writeFileSync(target, text);
} else if (readFileSync(target, "utf8") !== text) {
    console.error("src/api/schema.ts is not what src/schema/openapi.yaml says: run npm run api");
    process.exit(1);
}
