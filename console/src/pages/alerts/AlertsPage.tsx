import { Page } from "../../shell/Page";

export function AlertsPage() {
    return <Page title="Alerts">{null}</Page>;
}
