import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import { show } from "../../tests/render";
import { Facts } from "./Facts";
import { SafeText } from "./SafeText";

describe("Facts", () => {
    it("marks hidden characters in a name too", () => {
        const { container } = show(<Facts facts={[["a\u202eb", "value"]]} />);
        expect(container.querySelector("dt")?.textContent).toBe("a<U+202E>b");
    });
});

describe("SafeText", () => {
    it("shows markup as text", () => {
        const text = `<img src=x onerror="alert(1)"><script>alert(2)</script>`;
        const { container } = show(<SafeText>{text}</SafeText>);
        expect(container.querySelector("img, script")).toBeNull();
        expect(container.querySelector("bdi")?.textContent).toBe(text);
    });

    it("marks each hidden character", () => {
        const { container } = show(<SafeText>{"photo\u202Egpj.app\u200B"}</SafeText>);
        expect(container.querySelector("bdi")?.textContent).toBe("photo<U+202E>gpj.app<U+200B>");
        expect(screen.getAllByTitle("A character that would not be visible")).toHaveLength(2);
    });

    it("copies the raw value, not what is shown", async () => {
        const user = userEvent.setup();
        const write = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue(undefined);
        const raw = "a\u202Eb\u0000" + "x".repeat(10_000);
        show(<SafeText copy="Copy command line">{raw}</SafeText>);
        await user.click(screen.getByRole("button", { name: "Copy command line" }));
        expect(write).toHaveBeenCalledWith(raw);
    });

    it("shows one megabyte in bounded steps", async () => {
        const user = userEvent.setup();
        const { container } = show(<SafeText>{"x".repeat(1_000_000)}</SafeText>);
        const length = () => container.querySelector("bdi")?.textContent.length;
        expect(length()).toBe(2_000);
        expect(screen.getByText("998,000 more characters")).toBeDefined();
        await user.click(screen.getByRole("button", { name: "Show 20,000 more" }));
        expect(length()).toBe(22_000);
        await user.click(screen.getByRole("button", { name: "Show less" }));
        expect(length()).toBe(2_000);
    });

    it("says so when there is nothing", () => {
        show(<SafeText>{""}</SafeText>);
        expect(screen.getByText("none")).toBeDefined();
    });
});
