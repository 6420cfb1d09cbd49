// An address that leads nowhere.
import { Anchor } from "@mantine/core";
import { Link } from "@tanstack/react-router";

import { EmptyState } from "../components/states";
import { Page } from "../shell/Page";

export function NotFound() {
    return (
        <Page title="There is no such page">
            <EmptyState title="The address leads nowhere">
                <Anchor component={Link} to="/">
                    Go to the overview
                </Anchor>
            </EmptyState>
        </Page>
    );
}
