import { Page } from "../../shell/Page";

export function DevicesPage() {
    return <Page title="Devices">{null}</Page>;
}
