import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, it, vi } from "vitest";

import { show } from "../../tests/render";
import { Problem } from "../api/problem";
import { ReasonDialog } from "./ReasonDialog";

const targets = [{ id: "d1", hostname: "imac-1" }];
const base = {
    title: "Isolate",
    confirm: "Isolate",
    targets,
    does: "Cuts the device off the network.",
    loses: "The network.",
    reversible: "Release",
    danger: true,
};
const button = () => screen.getByRole<HTMLButtonElement>("button", { name: "Isolate" });

describe("ReasonDialog", () => {
    it("says how many, what is lost and what undoes it", () => {
        const many = Array.from({ length: 12 }, (_, i) => ({ id: String(i), hostname: `mac-${String(i)}` }));
        show(<ReasonDialog {...base} targets={many} onSubmit={vi.fn()} onClose={vi.fn()} />);
        expect(screen.getByText("12 devices")).toBeDefined();
        expect(screen.getByText(/and 4 more/)).toBeDefined();
        expect(screen.getByText("Lost meanwhile:")).toBeDefined();
        expect(screen.getByText("Undone by:")).toBeDefined();
    });

    it("wants a reason, and blanks are none", async () => {
        const user = userEvent.setup();
        const onSubmit = vi.fn().mockResolvedValue(undefined);
        const onClose = vi.fn();
        show(<ReasonDialog {...base} onSubmit={onSubmit} onClose={onClose} />);
        expect(button().disabled).toBe(true);
        await user.type(screen.getByLabelText(/Reason/), "   ");
        expect(button().disabled).toBe(true);
        await user.type(screen.getByLabelText(/Reason/), "stealer seen ");
        await user.click(button());
        expect(onSubmit).toHaveBeenCalledExactlyOnceWith({ reason: "stealer seen" });
        expect(onClose).toHaveBeenCalledOnce();
    });

    it("gives the focus back to what opened it", async () => {
        function Opener() {
            const [open, setOpen] = useState(false);
            return (
                <>
                    <button onClick={() => { setOpen(true); }}>open it</button>
                    {open && <ReasonDialog {...base} onSubmit={vi.fn()} onClose={() => { setOpen(false); }} />}
                </>
            );
        }
        const user = userEvent.setup();
        show(<Opener />);
        const opener = screen.getByText("open it");
        await user.click(opener);
        await user.type(screen.getByLabelText(/Reason/), "x");
        await user.keyboard("{Escape}");
        expect(screen.queryByRole("dialog")).toBeNull();
        expect(document.activeElement).toBe(opener);
    });

    it("asks for the host's name when the server does, and sends it", async () => {
        const user = userEvent.setup();
        const refusal = new Problem(403, "E_DENIED", "Device 'd1' is this server's own host: type its name 'vm' to isolate it.");
        const onSubmit = vi.fn().mockRejectedValueOnce(refusal).mockResolvedValue(undefined);
        const onClose = vi.fn();
        show(<ReasonDialog {...base} onSubmit={onSubmit} onClose={onClose} />);
        await user.type(screen.getByLabelText(/Reason/), "test");
        await user.click(button());
        expect(screen.getByRole("alert").textContent).toContain("type its name 'vm'");
        expect(onClose).not.toHaveBeenCalled();
        expect(button().disabled).toBe(true);
        await user.type(screen.getByLabelText(/Name of the server's host/), "vm");
        await user.click(button());
        expect(onSubmit).toHaveBeenLastCalledWith({ reason: "test", confirmHost: "vm" });
        expect(onClose).toHaveBeenCalledOnce();
    });

    it("shows a refusal in the server's words and keeps what was typed", async () => {
        const user = userEvent.setup();
        const onSubmit = vi.fn().mockRejectedValue(new Problem(409, "E_STATE", "Device 'd1' is revoked."));
        show(<ReasonDialog {...base} onSubmit={onSubmit} onClose={vi.fn()} />);
        await user.type(screen.getByLabelText(/Reason/), "why");
        await user.click(button());
        expect(screen.getByRole("alert").textContent).toBe("Device 'd1' is revoked.");
        expect(screen.getByLabelText<HTMLTextAreaElement>(/Reason/).value).toBe("why");
        expect(button().disabled).toBe(false);
    });

    it("waits for the typed name of what cannot be undone", async () => {
        const user = userEvent.setup();
        show(<ReasonDialog {...base} reversible="" typed="imac-1" onSubmit={vi.fn()} onClose={vi.fn()} />);
        expect(screen.getByText("This cannot be undone.")).toBeDefined();
        await user.type(screen.getByLabelText(/Reason/), "lost");
        await user.type(screen.getByLabelText(/Type imac-1/), "imac");
        expect(button().disabled).toBe(true);
        await user.type(screen.getByLabelText(/Type imac-1/), "-1");
        expect(button().disabled).toBe(false);
    });
});
