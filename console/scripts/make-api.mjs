// Write src/api/schema.ts, the types of the API, from the server's own description of its routes. Built, never in git.
// Usage: node scripts/make-api.mjs
import { writeFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";

const source = new URL("../../src/schema/openapi.yaml", import.meta.url);
const target = new URL("../src/api/schema.ts", import.meta.url);

writeFileSync(target, astToString(await openapiTS(source, { alphabetize: false })));
