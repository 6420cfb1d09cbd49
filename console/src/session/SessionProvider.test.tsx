import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { answer, show } from "../../tests/render";
import { api } from "../api/client";
import { ReasonDialog } from "../components/ReasonDialog";
import { SessionProvider } from "./SessionProvider";

const session = { name: "ada", role: "owner", must_change_password: false, permissions: [], csrf: "c", expires: "2030-01-01T00:00:00Z" };

describe("SessionProvider", () => {
    beforeEach(() => {
        vi.stubGlobal("fetch", (request: Request) =>
            Promise.resolve(
                new URL(request.url).pathname === "/api/v1/session"
                    ? answer(200, session)
                    : answer(401, { title: "no", status: 401, code: "E_AUTH", detail: "the token is not valid" }),
            ),
        );
    });
    afterEach(() => {
        vi.unstubAllGlobals();
    });

    it("keeps what was typed in a dialog when the session is lost, whatever key is pressed", async () => {
        const user = userEvent.setup();
        const onClose = vi.fn();
        const onSubmit = async () => {
            await api.GET("/api/v1/overview");
        };
        show(
            <SessionProvider>
                <ReasonDialog title="Isolate" confirm="Isolate" targets={[]} does="Cuts it off." onSubmit={onSubmit} onClose={onClose} />
            </SessionProvider>,
        );
        await user.type(await screen.findByLabelText(/Reason/), "a long reason");
        await user.click(screen.getByRole("button", { name: "Isolate" }));
        await screen.findByText(/Sign in again to go on/);
        await user.keyboard("{Escape}");
        expect(onClose).not.toHaveBeenCalled();
        await user.type(screen.getByLabelText("Password"), "secret{Enter}");
        expect(screen.getByLabelText<HTMLTextAreaElement>(/Reason/).value).toBe("a long reason");
        expect(onClose).not.toHaveBeenCalled();
    });
});
