// Revoking a device is for ever: its name must be typed.
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";

import { api, data } from "../../api/client";
import { deviceQuery } from "../../api/queries";
import type { Device } from "../../api/types";
import { ReasonDialog } from "../../components/ReasonDialog";
import { isHidden, visible } from "../../lib/escape";

/** The host name where a person can type it, else the start of the id. */
function typedName(device: Device): string {
    const plain = [...device.hostname].every((character) => !isHidden(character.codePointAt(0) ?? 0));
    return plain && device.hostname !== "" ? device.hostname : device.id.slice(0, 8);
}

export function RevokeDialog({ device, onClose }: { device: Device; onClose: () => void }) {
    const client = useQueryClient();
    return (
        <ReasonDialog
            title={`Revoke ${visible(device.hostname)}`}
            confirm="Revoke for ever"
            targets={[{ id: device.id, hostname: device.hostname }]}
            does="Refuses the device from now on and closes its connection. It sends no more events and takes no more orders."
            loses="Everything that waits on the device and was not sent. An isolated device stays isolated and cannot be released from here."
            reversible=""
            danger
            typed={typedName(device)}
            onClose={onClose}
            onSubmit={async ({ reason }) => {
                const path = { params: { path: { id: device.id } } };
                const changed = await data(api.POST("/api/v1/devices/{id}/revoke", { ...path, body: { reason } }));
                client.setQueryData(deviceQuery(device.id).queryKey, changed);
                for (const key of ["devices", "overview"]) void client.invalidateQueries({ queryKey: [key] });
                notifications.show({ message: "The device is revoked." });
            }}
        />
    );
}
