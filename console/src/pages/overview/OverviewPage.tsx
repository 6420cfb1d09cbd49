import { Page } from "../../shell/Page";

export function OverviewPage() {
    return <Page title="Overview">{null}</Page>;
}
