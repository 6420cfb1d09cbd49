import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";

import { answer, show } from "../../tests/render";
import { ACTION_KINDS } from "./kinds";
import { OrderDialog } from "./OrderDialog";

const types = [
    { name: "isolate", description: "cut the device off", reversed_by: "release", unreachable: "the network", not_restored: "connections" },
    { name: "kill", description: "end one process", not_restored: "the process" },
];
const targets = [{ id: "d1", hostname: "imac-1" }];

function serve(known: boolean) {
    const calls: Request[] = [];
    vi.stubGlobal("fetch", (request: Request) => {
        calls.push(request);
        if (request.method === "POST") return Promise.resolve(answer(201, { items: [] }));
        return Promise.resolve(known ? answer(200, { items: types }) : answer(403, { title: "no", status: 403, code: "E_DENIED" }));
    });
    return calls;
}

describe("OrderDialog", () => {
    afterEach(() => {
        vi.unstubAllGlobals();
    });

    it("tells what the server's table says of the action", async () => {
        serve(true);
        show(<OrderDialog kind={ACTION_KINDS.isolate} targets={targets} onClose={vi.fn()} />);
        await screen.findByText("Cut the device off.");
        expect(screen.getByText("Undone by:").parentElement?.textContent).toBe("Undone by: Release");
        expect(screen.getByText("Lost meanwhile:").parentElement?.textContent).toBe("Lost meanwhile: The network.");
    });

    it("says so when nothing undoes it", async () => {
        serve(true);
        show(<OrderDialog kind={ACTION_KINDS.kill} targets={targets} onClose={vi.fn()} />);
        await screen.findByText("This cannot be undone.");
    });

    it("orders although the table cannot be read", async () => {
        const calls = serve(false);
        const onClose = vi.fn();
        const user = userEvent.setup();
        show(<OrderDialog kind={ACTION_KINDS.isolate} targets={targets} onClose={onClose} />);
        await user.type(screen.getByLabelText(/Reason/), "stealer seen");
        await user.click(screen.getByRole("button", { name: "Isolate" }));
        expect(onClose).toHaveBeenCalledOnce();
        const order = calls.find((call) => call.method === "POST");
        expect(await order?.json()).toMatchObject({ name: "isolate", devices: ["d1"], reason: "stealer seen" });
    });
});
