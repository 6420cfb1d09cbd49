/// <reference types="vitest/config" />
// Build: dist/index.html and dist/assets with hashed names, nothing inline, because the server's policy lets neither inline
// scripts nor data: scripts run. Development: pages from here, /api from the server that CORDON_SERVER names.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const server = process.env.CORDON_SERVER ?? "https://127.0.0.1:8443";

/** Send calls to the real server as if the page came from there: it compares Origin with Host. */
const toServer = {
    target: server,
    changeOrigin: true,
    secure: false, // the server's certificate is its own authority's
    headers: { origin: server },
};

export default defineConfig({
    plugins: [react()],
    build: {
        assetsInlineLimit: 0,
        cssCodeSplit: true,
        modulePreload: { polyfill: false },
        target: "es2023",
        sourcemap: false,
        reportCompressedSize: false,
        chunkSizeWarningLimit: 700,
    },
    server: {
        host: "127.0.0.1",
        proxy: { "/api": toServer },
    },
    test: {
        environment: "jsdom",
        setupFiles: ["./tests/setup.ts"],
        include: ["src/**/*.test.{ts,tsx}"],
        restoreMocks: true,
        css: false,
    },
});
