// Lint: types, hooks, accessibility, and no way for telemetry to become markup.
import js from "@eslint/js";
import a11y from "eslint-plugin-jsx-a11y";
import unsanitized from "eslint-plugin-no-unsanitized";
import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

export default tseslint.config(
    { ignores: ["dist", "node_modules", "src/api/schema.ts"] },
    js.configs.recommended,
    ...tseslint.configs.strict,
    ...tseslint.configs.stylistic,
    a11y.flatConfigs.strict,
    unsanitized.configs.recommended,
    hooks.configs.flat["recommended-latest"],
    {
        files: ["**/*.{ts,tsx}"],
        rules: {
            eqeqeq: "error",
            "no-console": "error",
            "no-restricted-syntax": [
                "error",
                {
                    selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
                    message: "Telemetry is hostile: render text with SafeText.",
                },
            ],
            "@typescript-eslint/consistent-type-definitions": ["error", "interface"],
        },
    },
    {
        files: ["scripts/*.mjs"],
        languageOptions: { globals: { process: "readonly", console: "readonly", URL: "readonly" } },
    },
);
