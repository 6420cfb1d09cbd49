import { Page } from "../../shell/Page";

export function ActionsPage() {
    return <Page title="Actions">{null}</Page>;
}
