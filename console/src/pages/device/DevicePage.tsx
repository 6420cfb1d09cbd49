import { Page } from "../../shell/Page";

export function DevicePage() {
    return <Page title="Device">{null}</Page>;
}
